//! wasmtime, the outside referee: the same calls on the same bytes, with zkc's host functions and a fuel limit.
//!
//! What WebAssembly leaves open is fixed as zkc fixes it: NaNs made by arithmetic are canonical, relaxed SIMD is
//! deterministic. Values are words: a v128 is two, an external reference its number + 1, and of a function only is known
//! whether it is null, 1 or 0.

use super::wasi::{self, Stop, Wasi};
use wasmtime::{
    Caller, Config, Engine, Extern, ExternRef, HeapType, Instance, Linker, Memory, Module, Ref,
    Store, Table, Val, ValType,
};
use zkc::spec::Called;
use zkc_ir::Trap;

/// Private input and public output of a run.
#[derive(Debug, Default)]
struct Host {
    input: Vec<u8>,
    read: usize,
    output: Vec<u8>,
    wasi: Wasi,
}

/// One instance under wasmtime.
pub(crate) struct Referee {
    store: Store<Host>,
    instance: Instance,
    fuel: u64,
}

/// A compiled module, to be instantiated any number of times.
pub(crate) struct RefereeModule {
    engine: Engine,
    module: Module,
}

impl RefereeModule {
    /// Compiles a module; floats, SIMD and the like are accepted as far as wasmtime does.
    pub(crate) fn new(wasm: &[u8]) -> Result<RefereeModule, String> {
        let mut config = Config::new();
        config.consume_fuel(true);
        config.max_wasm_stack(1 << 20);
        config.cranelift_nan_canonicalization(true);
        config.relaxed_simd_deterministic(true);
        let engine = Engine::new(&config).map_err(|e| e.to_string())?;
        let module = Module::new(&engine, wasm).map_err(|e| format!("{e:?}"))?;
        Ok(RefereeModule { engine, module })
    }

    /// A fresh instance with this private input; `fuel` bounds every call, and the start function, by about so many
    /// instructions. The trap or failure of instantiation otherwise.
    pub(crate) fn instantiate(&self, input: &[u8], fuel: u64) -> Result<Referee, Called> {
        let mut linker = Linker::new(&self.engine);
        define_host(&mut linker).map_err(|e| Called::Failed(e.to_string()))?;
        let mut store = Store::new(
            &self.engine,
            Host {
                input: input.to_vec(),
                ..Host::default()
            },
        );
        store
            .set_fuel(fuel)
            .map_err(|e| Called::Failed(e.to_string()))?;
        let instance = linker
            .instantiate(&mut store, &self.module)
            .map_err(|e| called_of_error(&e))?;
        Ok(Referee {
            store,
            instance,
            fuel,
        })
    }

    /// The exported functions, in export order.
    pub(crate) fn functions(&self) -> Vec<Exported> {
        self.module
            .exports()
            .filter_map(|export| {
                let ty = export.ty();
                let ty = ty.func()?;
                Some(Exported {
                    name: export.name().to_string(),
                    params: ty.params().map(|p| Kind::of(&p)).collect(),
                    results: ty.results().map(|r| Kind::of(&r)).collect(),
                })
            })
            .collect()
    }
}

/// An exported function.
#[derive(Clone, Debug)]
pub(crate) struct Exported {
    /// Its name.
    pub(crate) name: String,
    /// Kinds of its parameters.
    pub(crate) params: Vec<Kind>,
    /// Kinds of its results.
    pub(crate) results: Vec<Kind>,
}

/// Kinds of values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// i32 and f32.
    Word32,
    /// i64 and f64.
    Word64,
    /// v128.
    Vector,
    /// A reference to a function.
    Func,
    /// A reference to something outside.
    Extern,
}

impl Kind {
    fn of(ty: &ValType) -> Kind {
        match ty {
            ValType::I32 | ValType::F32 => Kind::Word32,
            ValType::I64 | ValType::F64 => Kind::Word64,
            ValType::V128 => Kind::Vector,
            ValType::Ref(ty) if matches!(ty.heap_type(), HeapType::Extern | HeapType::NoExtern) => {
                Kind::Extern
            }
            ValType::Ref(_) => Kind::Func,
        }
    }

    /// Words of a value.
    pub(crate) fn words(self) -> usize {
        if self == Kind::Vector { 2 } else { 1 }
    }
}

/// Another engine's words as the referee gives them: of a function only whether it is null.
pub(crate) fn comparable(kinds: &[Kind], words: &mut [u64]) {
    let mut rest = words.iter_mut();
    for kind in kinds {
        for word in rest.by_ref().take(kind.words()) {
            if *kind == Kind::Func {
                *word = u64::from(*word != 0);
            }
        }
    }
}

impl Referee {
    /// Calls an export on these words. Fuel is set anew for each call.
    pub(crate) fn call(&mut self, name: &str, args: &[u64]) -> Called {
        let Some(func) = self.instance.get_func(&mut self.store, name) else {
            return Called::Failed(format!("no function `{name}`"));
        };
        if let Err(e) = self.store.set_fuel(self.fuel) {
            return Called::Failed(e.to_string());
        }
        let ty = func.ty(&self.store);
        let mut words = args.iter().copied();
        let mut args = Vec::new();
        for ty in ty.params() {
            match self.value(&ty, &mut words) {
                Ok(val) => args.push(val),
                Err(e) => return Called::Failed(e.to_string()),
            }
        }
        let mut results = vec![Val::I32(0); ty.results().len()];
        match func.call(&mut self.store, &args, &mut results) {
            Err(error) if error.is::<Exited>() => Called::Values(Vec::new()),
            Ok(()) => Called::Values(results.iter().flat_map(|v| self.words(v)).collect()),
            Err(error) => called_of_error(&error),
        }
    }

    fn value(
        &mut self,
        ty: &ValType,
        words: &mut impl Iterator<Item = u64>,
    ) -> wasmtime::Result<Val> {
        let word = words.next().unwrap_or(0);
        Ok(match (ty, Kind::of(ty)) {
            (ValType::F32, _) => Val::F32(word as u32),
            (ValType::F64, _) => Val::F64(word),
            (_, Kind::Word32) => Val::I32(word as i32),
            (_, Kind::Word64) => Val::I64(word as i64),
            (_, Kind::Vector) => {
                let high = u128::from(words.next().unwrap_or(0));
                Val::V128((u128::from(word) | high << 64).into())
            }
            (_, Kind::Func) => Val::FuncRef(None),
            (_, Kind::Extern) => Val::ExternRef(match word.checked_sub(1) {
                Some(number) => Some(ExternRef::new(&mut self.store, number)?),
                None => None,
            }),
        })
    }

    fn words(&self, val: &Val) -> Vec<u64> {
        match val {
            Val::I32(v) => vec![u64::from(*v as u32)],
            Val::I64(v) => vec![*v as u64],
            Val::F32(bits) => vec![u64::from(*bits)],
            Val::F64(bits) => vec![*bits],
            Val::V128(v) => vec![v.as_u128() as u64, (v.as_u128() >> 64) as u64],
            Val::ExternRef(reference) => vec![self.extern_word(reference.as_ref())],
            Val::FuncRef(reference) => vec![u64::from(reference.is_some())],
            other => panic!("a module without GC has no {other:?}"),
        }
    }

    fn extern_word(&self, reference: Option<&wasmtime::Rooted<ExternRef>>) -> u64 {
        let Some(reference) = reference else { return 0 };
        let data = reference.data(&self.store).ok().flatten();
        let number = data.and_then(|data| data.downcast_ref::<u64>());
        number.map_or(0, |n| n + 1)
    }

    /// Instructions the last call executed, about: `local.get` and the like count, `block` and `nop` do not.
    pub(crate) fn executed(&self) -> u64 {
        self.fuel - self.store.get_fuel().unwrap_or(0)
    }

    /// The words of an exported global.
    pub(crate) fn global(&mut self, name: &str) -> Option<Vec<u64>> {
        let global = self.instance.get_global(&mut self.store, name)?;
        let val = global.get(&mut self.store);
        Some(self.words(&val))
    }

    /// Names and kinds of the exported globals.
    pub(crate) fn globals(&mut self) -> Vec<(String, Kind)> {
        let globals: Vec<_> = self
            .exports()
            .into_iter()
            .filter_map(|(name, export)| Some((name, export.into_global()?)))
            .collect();
        let kind = |(name, global): (String, wasmtime::Global)| {
            let kind = Kind::of(global.ty(&self.store).content());
            (name, kind)
        };
        globals.into_iter().map(kind).collect()
    }

    /// The bytes of the exported memories, with the names they are exported under.
    pub(crate) fn memories(&mut self) -> Vec<(String, Vec<u8>)> {
        self.exports()
            .into_iter()
            .filter_map(|(name, export)| {
                Some((name, export.into_memory()?.data(&self.store).to_vec()))
            })
            .collect()
    }

    /// The elements of the exported tables, with the names they are exported under and their kind.
    pub(crate) fn tables(&mut self) -> Vec<(String, Kind, Vec<u64>)> {
        let tables: Vec<(String, Table)> = self
            .exports()
            .into_iter()
            .filter_map(|(name, export)| Some((name, export.into_table()?)))
            .collect();
        tables
            .into_iter()
            .map(|(name, table)| {
                let kind = Kind::of(&ValType::Ref(table.ty(&self.store).element().clone()));
                let size = table.size(&self.store);
                let element = |at: u64| match table.get(&mut self.store, at) {
                    Some(Ref::Func(reference)) => u64::from(reference.is_some()),
                    Some(Ref::Extern(reference)) => self.extern_word(reference.as_ref()),
                    other => panic!("a table without GC holds no {other:?}"),
                };
                (name, kind, (0..size).map(element).collect())
            })
            .collect()
    }

    fn exports(&mut self) -> Vec<(String, Extern)> {
        self.instance
            .exports(&mut self.store)
            .map(|export| (export.name().to_string(), export.into_extern()))
            .collect()
    }

    /// Bytes committed so far.
    pub(crate) fn output(&self) -> &[u8] {
        &self.store.data().output
    }
}

fn called_of_error(error: &wasmtime::Error) -> Called {
    use wasmtime::Trap as T;
    let trap = match error.downcast_ref::<T>() {
        Some(T::UnreachableCodeReached) => Trap::Unreachable,
        Some(T::IntegerDivisionByZero) => Trap::IntegerDivideByZero,
        Some(T::IntegerOverflow) => Trap::IntegerOverflow,
        Some(T::BadConversionToInteger) => Trap::InvalidConversionToInteger,
        Some(T::MemoryOutOfBounds) => Trap::OutOfBoundsMemoryAccess,
        // in a call; a segment outside its table gets here too, and callers treat instantiation apart
        Some(T::TableOutOfBounds) => Trap::UndefinedElement,
        Some(T::IndirectCallToNull) => Trap::UninitializedElement,
        Some(T::BadSignature) => Trap::IndirectCallTypeMismatch,
        Some(T::StackOverflow) => Trap::CallStackExhausted,
        Some(T::OutOfFuel) => return Called::OutOfSteps,
        _ => return Called::Failed(format!("{error:?}")),
    };
    Called::Trap(trap)
}

fn define_host(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    define_wasi(linker)?;
    linker.func_wrap("zkc", "input_len", |caller: Caller<'_, Host>| {
        caller.data().input.len() as i32
    })?;
    linker.func_wrap(
        "zkc",
        "read_input",
        |mut caller: Caller<'_, Host>, ptr: i32, len: i32| {
            let host = caller.data_mut();
            let end = host.read + len as u32 as usize;
            let Some(bytes) = host.input.get(host.read..end).map(<[u8]>::to_vec) else {
                return Err(T::UnreachableCodeReached.into());
            };
            host.read = end;
            let memory = host_memory(&mut caller)?;
            memory
                .write(&mut caller, ptr as u32 as usize, &bytes)
                .map_err(|_| T::MemoryOutOfBounds.into())
        },
    )?;
    linker.func_wrap(
        "zkc",
        "commit",
        |mut caller: Caller<'_, Host>, ptr: i32, len: i32| {
            let memory = host_memory(&mut caller)?;
            let start = ptr as u32 as usize;
            let Some(bytes) = memory
                .data(&caller)
                .get(start..start + len as u32 as usize)
                .map(<[u8]>::to_vec)
            else {
                return Err(T::MemoryOutOfBounds.into());
            };
            caller.data_mut().output.extend_from_slice(&bytes);
            Ok(())
        },
    )?;
    Ok(())
}

use wasmtime::Trap as T;

fn host_memory(caller: &mut Caller<'_, Host>) -> wasmtime::Result<Memory> {
    caller
        .get_export("memory")
        .and_then(Extern::into_memory)
        .ok_or_else(|| wasmtime::Error::msg("the module exports no memory"))
}

/// How a call that exits ends; the code is in the output.
#[derive(Debug, thiserror::Error)]
#[error("the program exited")]
struct Exited;

fn define_wasi(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    for (name, params) in wasi::FUNCTIONS {
        let params = params.chars().map(|c| match c {
            'i' => ValType::I32,
            _ => ValType::I64,
        });
        let results = (name != "proc_exit").then_some(ValType::I32);
        let ty = wasmtime::FuncType::new(linker.engine(), params, results);
        linker.func_new(
            "wasi_snapshot_preview1",
            name,
            ty,
            move |mut caller: Caller<'_, Host>, args, results| {
                let memory = host_memory(&mut caller)?;
                let number = |arg: &Val| match arg {
                    Val::I32(v) => u64::from(*v as u32),
                    Val::I64(v) => *v as u64,
                    other => panic!("WASI functions take integers, not {other:?}"),
                };
                let args: Vec<u64> = args.iter().map(number).collect();
                let (memory, host) = memory.data_and_store_mut(&mut caller);
                let answer = (host.wasi).call(name, &args, memory, &host.input, &mut host.output);
                match answer {
                    Ok(errno) => results[0] = Val::I32(errno as i32),
                    Err(Stop::OutOfBounds) => return Err(T::MemoryOutOfBounds.into()),
                    Err(Stop::Exit) => return Err(wasmtime::Error::from(Exited)),
                }
                Ok(())
            },
        )?;
    }
    Ok(())
}
