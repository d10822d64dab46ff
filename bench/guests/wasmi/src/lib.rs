//! The interpreter wasmi, running the guests `fib` and `sha256`: a large program, and a proof of an interpreted run.

#![cfg_attr(target_arch = "wasm32", no_std)]

use wasmi::{Caller, Engine, Linker, Module, Store};
use zkc_guest::host;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// The guests that are interpreted.
static FIB: &[u8] = include_bytes!("../../fib/fib.wasm");
static SHA256: &[u8] = include_bytes!("../../sha256/sha256.wasm");

/// `fib`'s `run(n)`, interpreted.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn run(n: u64) -> u64 {
    interpret::<i64, i64>(FIB, "run", n as i64) as u64
}

/// `sha256`'s `run(len)`, interpreted.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn sha256(len: u32) -> u64 {
    interpret::<i32, i64>(SHA256, "run", len as i32) as u64
}

/// `sha256`'s `main()`, interpreted: commits the digest of the private input.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn main() {
    interpret::<(), ()>(SHA256, "main", ())
}

/// Calls an export of `wasm` with the host passed through.
fn interpret<P: wasmi::WasmParams, R: wasmi::WasmResults>(
    wasm: &[u8],
    export: &str,
    params: P,
) -> R {
    let engine = Engine::default();
    let module = Module::new(&engine, wasm).expect("a guest is valid");
    let mut store = Store::new(&engine, ());
    linker(&engine)
        .instantiate_and_start(&mut store, &module)
        .expect("a guest imports the host only")
        .get_typed_func::<P, R>(&store, export)
        .expect("the guest has this export")
        .call(&mut store, params)
        .expect("the call does not trap")
}

/// The imports of a guest, each given to this guest's own host.
fn linker(engine: &Engine) -> Linker<()> {
    let mut linker = Linker::new(engine);
    linker
        .func_wrap("zkc", "input_len", || host::input_len() as i32)
        .expect("each name is defined once");
    linker
        .func_wrap(
            "zkc",
            "read_input",
            |mut caller: Caller<'_, ()>, ptr: i32, len: i32| {
                let memory = memory(&caller);
                host::read_input(bytes(memory.data_mut(&mut caller), ptr, len));
            },
        )
        .expect("each name is defined once");
    linker
        .func_wrap(
            "zkc",
            "commit",
            |mut caller: Caller<'_, ()>, ptr: i32, len: i32| {
                let memory = memory(&caller);
                host::commit(bytes(memory.data_mut(&mut caller), ptr, len));
            },
        )
        .expect("each name is defined once");
    linker
}

fn memory(caller: &Caller<'_, ()>) -> wasmi::Memory {
    caller
        .get_export("memory")
        .and_then(|export| export.into_memory())
        .expect("a guest exports its memory")
}

fn bytes(memory: &mut [u8], ptr: i32, len: i32) -> &mut [u8] {
    &mut memory[ptr as u32 as usize..][..len as u32 as usize]
}
