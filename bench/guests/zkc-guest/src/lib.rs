//! What the guests share: the host's imports, generated data, scratch memory and the printing of cases.
//!
//! On wasm32 the crate is `no_std` and a panic is a trap (`unreachable`), so that no message or formatting code
//! enters a guest. On any other target the same guests run natively, with `host` played by this crate: that is
//! where the expected outputs in each `cases.toml` come from.

#![cfg_attr(target_arch = "wasm32", no_std)]

#[cfg(not(target_arch = "wasm32"))]
pub mod cases;
mod generator;
pub mod host;
mod scratch;

pub use generator::{Checksum, Generator};
pub use scratch::Scratch;

#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
