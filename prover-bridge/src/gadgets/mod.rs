//! Pieces of constraints over expressions, usable by any chip, each with the code that fills its columns.
//!
//! A gadget never knows a chip's columns by position: it takes expressions, adds its own columns to the [`Frame`] and
//! returns handles. Each gadget's columns are unique functions of its inputs on real rows: what is irrelevant is forced
//! to zero, so that no cell of an honest row can change unnoticed.

pub(crate) mod address;
pub(crate) mod bytes;
pub(crate) mod compare;
pub(crate) mod frame;
pub(crate) mod limbs;
pub(crate) mod product;
pub(crate) mod row;
pub(crate) mod shift;

pub(crate) use address::{Address, SecondWord};
pub(crate) use bytes::{BytePairs, bytes_to_limbs};
pub(crate) use compare::{Difference, Less};
pub(crate) use frame::{Field, Frame, InstructionRow, Slot};
pub(crate) use limbs::{
    assert_no_upper_half, assert_sum, columns, exprs, limb, low_limbs, sum, word,
};
pub(crate) use product::byte_products;
pub(crate) use row::{Row, inverse};
pub(crate) use shift::{Shift, ShiftKind};
