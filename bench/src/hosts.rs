//! The same module under wasmtime (native code) and wasmi (interpreter), with the `zkc` host functions.
//!
//! Both are compiled and instantiated before the clock starts; what is timed is the call alone, as a user of native code
//! would have it. Each call gets a fresh instance, because a guest keeps state in its memory.

use anyhow::{Context as _, Result, bail};
use std::time::{Duration, Instant};

/// One call: export, argument bits, private input.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Export name.
    pub(crate) invoke: String,
    /// Argument bits, one word each.
    pub(crate) args: Vec<u64>,
    /// Private input stream.
    pub(crate) input: Vec<u8>,
}

/// What the host keeps for one instance.
#[derive(Default)]
struct Host {
    input: Vec<u8>,
    position: usize,
    output: Vec<u8>,
}

impl Host {
    fn read(&mut self, memory: &mut [u8], ptr: i32, len: i32) -> Option<()> {
        let (ptr, len) = (ptr as u32 as usize, len as u32 as usize);
        let from = self
            .input
            .get(self.position..self.position.checked_add(len)?)?;
        memory
            .get_mut(ptr..ptr.checked_add(len)?)?
            .copy_from_slice(from);
        self.position += len;
        Some(())
    }

    fn commit(&mut self, memory: &[u8], ptr: i32, len: i32) -> Option<()> {
        let (ptr, len) = (ptr as u32 as usize, len as u32 as usize);
        self.output
            .extend_from_slice(memory.get(ptr..ptr.checked_add(len)?)?);
        Some(())
    }
}

/// Result bits, output and the time of each call.
#[derive(Clone, Debug)]
pub(crate) struct Timed {
    /// Result bits, zero-extended.
    pub(crate) results: Vec<u64>,
    /// Bytes committed.
    pub(crate) output: Vec<u8>,
    /// One per repetition, ascending.
    pub(crate) times: Vec<Duration>,
}

impl Timed {
    /// The median time in seconds.
    pub(crate) fn median(&self) -> f64 {
        self.times[self.times.len() / 2].as_secs_f64()
    }
}

/// Times `repeats` calls under wasmtime.
pub(crate) fn wasmtime(wasm: &[u8], call: &Call, repeats: usize) -> Result<Timed> {
    let engine = wasmtime::Engine::default();
    let module = wasmtime::Module::new(&engine, wasm).map_err(|e| anyhow::anyhow!("{e:?}"))?;
    let mut linker = wasmtime::Linker::<Host>::new(&engine);
    let wrap = |r: wasmtime::Result<&mut wasmtime::Linker<Host>>| {
        r.map(|_| ()).map_err(|e| anyhow::anyhow!("{e:?}"))
    };
    wrap(
        linker.func_wrap("zkc", "input_len", |caller: wasmtime::Caller<'_, Host>| {
            caller.data().input.len() as i32
        }),
    )?;
    wrap(linker.func_wrap(
        "zkc",
        "read_input",
        |mut caller: wasmtime::Caller<'_, Host>, ptr: i32, len: i32| {
            let memory = caller
                .get_export("memory")
                .and_then(wasmtime::Extern::into_memory);
            let memory = memory.ok_or_else(|| wasmtime::Error::msg("no memory"))?;
            let (bytes, host) = memory.data_and_store_mut(&mut caller);
            host.read(bytes, ptr, len)
                .ok_or_else(|| wasmtime::Error::msg("read_input out of range"))
        },
    ))?;
    wrap(linker.func_wrap(
        "zkc",
        "commit",
        |mut caller: wasmtime::Caller<'_, Host>, ptr: i32, len: i32| {
            let memory = caller
                .get_export("memory")
                .and_then(wasmtime::Extern::into_memory);
            let memory = memory.ok_or_else(|| wasmtime::Error::msg("no memory"))?;
            let (bytes, host) = memory.data_and_store_mut(&mut caller);
            host.commit(bytes, ptr, len)
                .ok_or_else(|| wasmtime::Error::msg("commit out of range"))
        },
    ))?;
    let mut timed = Timed {
        results: Vec::new(),
        output: Vec::new(),
        times: Vec::new(),
    };
    for _ in 0..repeats {
        let mut store = wasmtime::Store::new(
            &engine,
            Host {
                input: call.input.clone(),
                ..Host::default()
            },
        );
        let instance = linker
            .instantiate(&mut store, &module)
            .map_err(|e| anyhow::anyhow!("{e:?}"))?;
        let func = instance
            .get_func(&mut store, &call.invoke)
            .context("the export is missing")?;
        let ty = func.ty(&store);
        let args: Vec<wasmtime::Val> = ty
            .params()
            .zip(&call.args)
            .map(|(ty, &bits)| {
                if matches!(ty, wasmtime::ValType::I32) {
                    wasmtime::Val::I32(bits as i32)
                } else {
                    wasmtime::Val::I64(bits as i64)
                }
            })
            .collect();
        let mut results = vec![wasmtime::Val::I32(0); ty.results().len()];
        let start = Instant::now();
        func.call(&mut store, &args, &mut results)
            .map_err(|e| anyhow::anyhow!("{e:?}"))?;
        timed.times.push(start.elapsed());
        timed.results = results
            .iter()
            .map(|v| match v {
                wasmtime::Val::I32(x) => Ok(u64::from(*x as u32)),
                wasmtime::Val::I64(x) => Ok(*x as u64),
                wasmtime::Val::F32(bits) => Ok(u64::from(*bits)),
                wasmtime::Val::F64(bits) => Ok(*bits),
                other => bail!("a result of type {other:?} is not a number"),
            })
            .collect::<Result<_>>()?;
        timed.output = std::mem::take(&mut store.data_mut().output);
    }
    timed.times.sort();
    Ok(timed)
}

/// Times `repeats` calls under wasmi.
pub(crate) fn wasmi(wasm: &[u8], call: &Call, repeats: usize) -> Result<Timed> {
    let engine = wasmi::Engine::default();
    let module = wasmi::Module::new(&engine, wasm)?;
    let mut linker = wasmi::Linker::<Host>::new(&engine);
    let memory = |caller: &wasmi::Caller<'_, Host>| {
        caller
            .get_export("memory")
            .and_then(wasmi::Extern::into_memory)
    };
    linker.func_wrap("zkc", "input_len", |caller: wasmi::Caller<'_, Host>| {
        caller.data().input.len() as i32
    })?;
    linker.func_wrap(
        "zkc",
        "read_input",
        move |mut caller: wasmi::Caller<'_, Host>, ptr: i32, len: i32| {
            let memory = memory(&caller).ok_or_else(|| wasmi::Error::new("no memory"))?;
            let (bytes, host) = memory.data_and_store_mut(&mut caller);
            host.read(bytes, ptr, len)
                .ok_or_else(|| wasmi::Error::new("read_input out of range"))
        },
    )?;
    linker.func_wrap(
        "zkc",
        "commit",
        move |mut caller: wasmi::Caller<'_, Host>, ptr: i32, len: i32| {
            let memory = memory(&caller).ok_or_else(|| wasmi::Error::new("no memory"))?;
            let (bytes, host) = memory.data_and_store_mut(&mut caller);
            host.commit(bytes, ptr, len)
                .ok_or_else(|| wasmi::Error::new("commit out of range"))
        },
    )?;
    let mut timed = Timed {
        results: Vec::new(),
        output: Vec::new(),
        times: Vec::new(),
    };
    for _ in 0..repeats {
        let mut store = wasmi::Store::new(
            &engine,
            Host {
                input: call.input.clone(),
                ..Host::default()
            },
        );
        let instance = linker.instantiate_and_start(&mut store, &module)?;
        let func = instance
            .get_func(&store, &call.invoke)
            .context("the export is missing")?;
        let ty = func.ty(&store);
        let args: Vec<wasmi::Val> = ty
            .params()
            .iter()
            .zip(&call.args)
            .map(|(ty, &bits)| {
                if matches!(ty, wasmi::ValType::I32) {
                    wasmi::Val::I32(bits as i32)
                } else {
                    wasmi::Val::I64(bits as i64)
                }
            })
            .collect();
        let mut results = vec![wasmi::Val::I32(0); ty.results().len()];
        let start = Instant::now();
        func.call(&mut store, &args, &mut results)?;
        timed.times.push(start.elapsed());
        timed.results = results
            .iter()
            .map(|v| match v {
                wasmi::Val::I32(x) => Ok(u64::from(*x as u32)),
                wasmi::Val::I64(x) => Ok(*x as u64),
                wasmi::Val::F32(x) => Ok(u64::from(x.to_bits())),
                wasmi::Val::F64(x) => Ok(x.to_bits()),
                other => bail!("a result of type {other:?} is not a number"),
            })
            .collect::<Result<_>>()?;
        timed.output = std::mem::take(&mut store.data_mut().output);
    }
    timed.times.sort();
    Ok(timed)
}
