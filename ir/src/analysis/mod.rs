//! Analyses of flat control flow: who follows whom, who dominates whom, which blocks loop.
//!
//! Each is computed once from one region of a body that does not change, and queried by [`crate::Block`].
//! Blocks of other regions, and unreachable ones, have no place in orders, trees and loops. All results are in a fixed
//! order.

mod cfg;
mod dominators;
mod loops;

pub use cfg::Cfg;
pub use dominators::Dominators;
pub use loops::{Loop, Loops};

#[cfg(test)]
mod tests;
