//! What the integration tests share: the referee (wasmtime), sessions of compiled modules, generated modules, guest cases.
//!
//! Every engine answers a call with the same value, [`Called`], so that any two are compared by `==`.

#![allow(dead_code, reason = "each test binary uses its own part")]

pub(crate) mod called;
pub(crate) mod cases;
pub(crate) mod differ;
pub(crate) mod evaluator;
pub(crate) mod random;
pub(crate) mod referee;
pub(crate) mod rewrite;
pub(crate) mod session;
pub(crate) mod smith;
pub(crate) mod temp;
