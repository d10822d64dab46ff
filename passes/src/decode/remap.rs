//! Index spaces of a module whose functions become part of another.

/// Where a module's items are in the module that takes its functions. A space without a list stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Remap {
    /// New indices of the functions.
    pub funcs: Option<Vec<u32>>,
    /// New indices of the function types.
    pub types: Option<Vec<u32>>,
    /// New indices of the globals, a `v128` being two.
    pub globals: Option<Vec<u32>>,
}

impl Remap {
    /// The new index of a function.
    pub fn func(&self, index: u32) -> u32 {
        moved(self.funcs.as_deref(), index)
    }

    /// The new index of a function type.
    pub fn ty(&self, index: u32) -> u32 {
        moved(self.types.as_deref(), index)
    }

    /// The new index of a global.
    pub fn global(&self, index: u32) -> u32 {
        moved(self.globals.as_deref(), index)
    }
}

/// Validation has checked the index against the module, and a list has an entry for each of its items.
fn moved(list: Option<&[u32]>, index: u32) -> u32 {
    list.and_then(|list| list.get(index as usize))
        .copied()
        .unwrap_or(index)
}
