//! Linking: modules that import from each other and from the host become one.
//!
//! Units stand in order of instantiation and import from earlier ones or from the host (`host`). The merged module
//! has no imports left but functions that nobody provides, which are refused where called: an import is its exporter's
//! item, so that a call between units is a call like any other. No code is looked at: the decoder writes merged indices
//! ([`Remap`]), so an edit inside a function changes nothing here.
//!
//! Function indices: the units' functions with code in order, then host functions, missing ones, functions made here, and
//! the runtime.

mod instantiate;
mod matching;
mod merge;

use crate::decode::{ModuleItems, Remap, absolute, decode_func_at, decode_items};
use std::collections::BTreeMap;
use std::ops::Range;
use zkc_ir::{Diagnostic, ExportKind, FuncBody, Import, Module};

pub use merge::link;

/// A module to be linked.
#[derive(Clone, Debug)]
pub struct Unit<'a> {
    /// Name in diagnostics and entries.
    pub name: &'a str,
    /// The module, but for its code.
    pub items: &'a ModuleItems,
    /// Which earlier unit, by position, a module name of its imports stands for. Other names are the host's; of two equal
    /// names the later counts.
    pub from: Vec<(String, usize)>,
    /// Whether it is instantiated by a call of its function [`LinkedUnit::instantiate`]. Otherwise it is instantiated before
    /// any entry runs.
    pub called: bool,
}

impl<'a> Unit<'a> {
    /// Units that import from all before them, by name, and are instantiated before any entry runs.
    pub fn in_order(units: impl IntoIterator<Item = (&'a str, &'a ModuleItems)>) -> Vec<Unit<'a>> {
        let mut linked: Vec<Unit<'a>> = Vec::new();
        for (name, items) in units {
            let from = (0..).zip(&linked).map(|(i, u)| (u.name.to_owned(), i));
            linked.push(Unit {
                name,
                items,
                from: from.collect(),
                called: false,
            });
        }
        linked
    }
}

/// Units merged into one module.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Linked {
    /// The merged module. Its exports are those of the last unit, its start function instantiates what is not in the initial
    /// state. Functions with code hold [`FuncBody::Unsupported`] of code `not-decoded`, as in [`ModuleItems`].
    pub module: Module,
    /// What became of each unit.
    pub units: Vec<LinkedUnit>,
    /// Function imports that nobody provides, with the position of the unit.
    pub missing: Vec<(usize, Import)>,
}

/// A unit in the merged module.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LinkedUnit {
    /// Its name.
    pub name: String,
    /// Where its items are.
    pub remap: Remap,
    /// Its exports, with merged indices.
    pub exports: BTreeMap<String, ExportKind>,
    /// Its functions with code.
    pub funcs: Range<u32>,
    /// The function that instantiates it, if it is to be called. It traps like instantiation: what was done before the
    /// trap stays done.
    pub instantiate: Option<u32>,
}

impl Linked {
    /// The unit a function of the merged module comes from, and its number among the unit's functions with code.
    pub fn origin(&self, func: u32) -> Option<(usize, u32)> {
        let after = self.units.partition_point(|u| u.funcs.end <= func);
        let start = self.units.get(after)?.funcs.start;
        Some((after, func.checked_sub(start)?))
    }

    /// Refuses modules that WebAssembly calls unlinkable because of a function import.
    ///
    /// Errors: `unknown-import` if a function is missing, even if it is never called.
    pub fn complete(&self) -> Result<(), Diagnostic> {
        match self.missing.first() {
            Some((unit, import)) => {
                let diagnostic = matching::unknown("function", import);
                Err(in_unit(diagnostic, &self.units, *unit))
            }
            None => Ok(()),
        }
    }

    /// The function an entry's name stands for: `EXPORT` of the last unit, `UNIT.EXPORT`, or `UNIT:instantiate` of a unit
    /// that is to be called.
    pub fn entry(&self, name: &str) -> Option<u32> {
        let func = |kind: Option<&ExportKind>| match kind {
            Some(ExportKind::Func(index)) => Some(*index),
            Some(ExportKind::Global(_) | ExportKind::Table(_) | ExportKind::Memory(_)) | None => {
                None
            }
        };
        let own = self.units.last()?.exports.get(name);
        func(own).or_else(|| {
            self.units.iter().rev().find_map(|unit| {
                let rest = name.strip_prefix(unit.name.as_str())?;
                match rest.strip_prefix('.') {
                    Some(export) => func(unit.exports.get(export)),
                    None if rest == ":instantiate" => unit.instantiate,
                    None => None,
                }
            })
        })
    }
}

/// Says which unit a diagnostic is about; the last one is what the user compiles and needs no name.
fn in_unit(diagnostic: Diagnostic, units: &[LinkedUnit], unit: usize) -> Diagnostic {
    match units.get(unit) {
        Some(named) if unit + 1 < units.len() => diagnostic.in_unit(&named.name),
        Some(_) | None => diagnostic,
    }
}

/// Decodes and links modules that import from all before them, by name, code included.
///
/// Errors: as for [`decode_items`] and [`link`]. Functions that use something unsupported are kept as
/// [`FuncBody::Unsupported`], because they may never be called.
pub fn load(units: &[(&str, &[u8])]) -> Result<Linked, Diagnostic> {
    let last = units.len().saturating_sub(1);
    let mut items = Vec::with_capacity(units.len());
    for (position, (name, bytes)) in units.iter().enumerate() {
        items.push(
            decode_items(bytes).map_err(|d| if position < last { d.in_unit(*name) } else { d })?,
        );
    }
    let mut linked = link(&Unit::in_order(
        units.iter().map(|(name, _)| *name).zip(&items),
    ))?;
    for (unit, (_, bytes)) in units.iter().enumerate() {
        decode_unit(&mut linked, unit, &items[unit], bytes);
    }
    Ok(linked)
}

/// Decodes a unit's functions.
pub fn decode_unit(linked: &mut Linked, unit: usize, items: &ModuleItems, bytes: &[u8]) {
    let of = &linked.units[unit];
    let imports = items.module.funcs.len() - items.bodies.len();
    for (number, (index, range)) in (0..).zip(of.funcs.clone().zip(&items.bodies)) {
        let start = range.start as u64;
        let local = imports as u32 + number;
        let body = match decode_func_at(items, local, &bytes[range.clone()], &of.remap) {
            Ok(body) => FuncBody::Body(Box::new(body)),
            Err(diagnostic) => {
                let diagnostic = in_unit(absolute(diagnostic, start), &linked.units, unit);
                FuncBody::Unsupported(Box::new(diagnostic))
            }
        };
        let func = &mut linked.module.funcs[index as usize];
        (func.start, func.body) = (start, body);
    }
}
