//! IEEE 754 arithmetic on bit patterns, with integer operations only.
//!
//! Results are rounded to nearest, ties to even; a result that is a NaN is the positive canonical one. A function has a
//! short path for normal operands and leaves the rest to `general`, which is written once for both formats.

pub mod compare;
pub mod convert;
pub mod f32;
pub mod f64;
pub mod fma;
pub mod general;
pub mod round;
pub mod sum;
pub mod wide;
