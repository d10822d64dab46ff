//! wasmtime, the outside referee: the same calls on the same bytes, with zkc's host functions and a fuel limit.

use super::wasi::{self, Stop, Wasi};
use wasmtime::{
    Caller, Config, Engine, Extern, Instance, Linker, Memory, Module, Store, Val, ValType,
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
        // as zkc: a NaN that arithmetic makes is the canonical one
        config.cranelift_nan_canonicalization(true);
        config.max_wasm_stack(1 << 20);
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

    /// Names of the exported functions, with the number of bits of each parameter, in export order.
    pub(crate) fn functions(&self) -> Vec<(String, Vec<u32>)> {
        self.module
            .exports()
            .filter_map(|export| {
                let ty = export.ty();
                let params = ty
                    .func()?
                    .params()
                    .map(|p| if is_32(&p) { 32 } else { 64 })
                    .collect();
                Some((export.name().to_string(), params))
            })
            .collect()
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
        let args: Vec<Val> = ty
            .params()
            .zip(args)
            .map(|(ty, &word)| to_val(&ty, word))
            .collect();
        let mut results = vec![Val::I32(0); ty.results().len()];
        match func.call(&mut self.store, &args, &mut results) {
            Err(error) if error.is::<Exited>() => Called::Values(Vec::new()),
            Ok(()) => Called::Values(results.iter().map(from_val).collect()),
            Err(error) => called_of_error(&error),
        }
    }

    /// Instructions the last call executed, about: `local.get` and the like count, `block` and `nop` do not.
    pub(crate) fn executed(&self) -> u64 {
        self.fuel - self.store.get_fuel().unwrap_or(0)
    }

    /// The words of an exported global.
    pub(crate) fn global(&mut self, name: &str) -> Option<Vec<u64>> {
        let global = self.instance.get_global(&mut self.store, name)?;
        Some(vec![from_val(&global.get(&mut self.store))])
    }

    /// Names of the exported globals that hold numbers.
    pub(crate) fn globals(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        for export in self.instance.exports(&mut self.store) {
            let name = export.name().to_string();
            if export.into_global().is_some() {
                names.push(name);
            }
        }
        names
    }

    /// The bytes of the exported memory, if there is one.
    pub(crate) fn memory(&mut self) -> Option<Vec<u8>> {
        let memory = self.exported_memory()?;
        Some(memory.data(&self.store).to_vec())
    }

    /// Bytes committed so far.
    pub(crate) fn output(&self) -> &[u8] {
        &self.store.data().output
    }

    fn exported_memory(&mut self) -> Option<Memory> {
        self.instance
            .exports(&mut self.store)
            .find_map(|export| export.into_memory())
    }
}

fn is_32(ty: &ValType) -> bool {
    matches!(ty, ValType::I32 | ValType::F32)
}

fn to_val(ty: &ValType, word: u64) -> Val {
    match ty {
        ValType::I32 => Val::I32(word as i32),
        ValType::F32 => Val::F32(word as u32),
        ValType::F64 => Val::F64(word),
        _ => Val::I64(word as i64),
    }
}

fn from_val(val: &Val) -> u64 {
    match val {
        Val::I32(v) => u64::from(*v as u32),
        Val::I64(v) => *v as u64,
        Val::F32(bits) => u64::from(*bits),
        Val::F64(bits) => *bits,
        _ => 0,
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
                let args: Vec<u64> = args.iter().map(from_val).collect();
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
