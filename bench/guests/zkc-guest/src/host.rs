//! The host a guest talks to: the private input stream and the public output.
//!
//! On wasm32 these are the imports of module `zkc`. Elsewhere they are two byte vectors of the current thread, set
//! up by `with_input`.

#[cfg(target_arch = "wasm32")]
mod imports {
    #[link(wasm_import_module = "zkc")]
    unsafe extern "C" {
        pub safe fn input_len() -> u32;
        pub fn read_input(ptr: *mut u8, len: u32);
        pub fn commit(ptr: *const u8, len: u32);
    }
}

/// Length of the private input, in bytes: all of it, whatever has been read already.
#[cfg(target_arch = "wasm32")]
pub fn input_len() -> u32 {
    imports::input_len()
}

/// Fills `bytes` with the next bytes of the private input. Asking for more than is left is a trap.
#[cfg(target_arch = "wasm32")]
pub fn read_input(bytes: &mut [u8]) {
    // Safety: the host writes exactly the `len` bytes at `ptr`, which are `bytes`.
    unsafe { imports::read_input(bytes.as_mut_ptr(), bytes.len() as u32) }
}

/// Appends `bytes` to the public output.
#[cfg(target_arch = "wasm32")]
pub fn commit(bytes: &[u8]) {
    // Safety: the host reads exactly the `len` bytes at `ptr`, which are `bytes`.
    unsafe { imports::commit(bytes.as_ptr(), bytes.len() as u32) }
}

#[cfg(not(target_arch = "wasm32"))]
pub use native::{commit, input_len, read_input, with_input};

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use std::cell::RefCell;

    #[derive(Default)]
    struct Streams {
        input: Vec<u8>,
        read: usize,
        output: Vec<u8>,
    }

    thread_local! {
        static STREAMS: RefCell<Streams> = RefCell::default();
    }

    /// Runs `guest` on this thread with `input` as its private input and gives back its public output.
    pub fn with_input(input: &[u8], guest: extern "C" fn()) -> Vec<u8> {
        STREAMS.set(Streams {
            input: input.to_vec(),
            ..Streams::default()
        });
        guest();
        STREAMS.take().output
    }

    /// Length of the private input, in bytes: all of it, whatever has been read already.
    pub fn input_len() -> u32 {
        STREAMS
            .with_borrow(|s| u32::try_from(s.input.len()).expect("an input is shorter than 4 GiB"))
    }

    /// Fills `bytes` with the next bytes of the private input. Panics when fewer are left.
    pub fn read_input(bytes: &mut [u8]) {
        STREAMS.with_borrow_mut(|s| {
            bytes.copy_from_slice(&s.input[s.read..s.read + bytes.len()]);
            s.read += bytes.len();
        });
    }

    /// Appends `bytes` to the public output.
    pub fn commit(bytes: &[u8]) {
        STREAMS.with_borrow_mut(|s| s.output.extend_from_slice(bytes));
    }
}
