//! What the integration tests share: the referee (wasmtime), generated modules, guest cases.
//!
//! Every engine answers a call with the same value, `zkc::spec::Called`, so that any two are compared by `==`.

#![allow(dead_code, reason = "each test binary uses its own part")]

pub(crate) mod cases;
pub(crate) mod differ;
pub(crate) mod evaluator;
pub(crate) mod random;
pub(crate) mod referee;
pub(crate) mod smith;
pub(crate) mod temp;
pub(crate) mod wasi;
