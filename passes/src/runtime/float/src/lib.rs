//! The float instructions of WebAssembly as functions of the same names on bit patterns.
//!
//! Built for wasm32 by `build.sh` into `float.wasm`, which the compiler appends to a module as it does its other runtime
//! modules: integer operations only, no memory, no globals.

#![no_std]

mod soft;

use soft::convert::NoInteger;
use soft::{compare, convert, f32, f64, fma, round};

/// What the machine has and Rust does not.
mod machine {
    #[link(wasm_import_module = "zkc:intrinsics")]
    unsafe extern "C" {
        /// The upper half of a product.
        pub safe fn mulhu64(a: u64, b: u64) -> u64;
    }

    /// Quotient; the divisor is not zero.
    #[inline(always)]
    pub fn divide(a: u64, b: u64) -> u64 {
        // SAFETY: as said.
        unsafe { core::hint::assert_unchecked(b != 0) };
        a / b
    }
}

#[link(wasm_import_module = "zkc:intrinsics")]
unsafe extern "C" {
    /// Traps `integer-overflow`.
    safe fn trap_integer_overflow() -> !;
    /// Traps `invalid-conversion-to-integer`.
    safe fn trap_invalid_conversion() -> !;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Functions: name, Rust name, parameters, result, body.
macro_rules! functions {
    ($($name:literal $function:ident ($($arg:ident: $ty:ty),*) -> $result:ty = $body:expr;)*) => {
        $(
            #[unsafe(export_name = $name)]
            extern "C" fn $function($($arg: $ty),*) -> $result {
                $body
            }
        )*
    };
}

fn trap(error: NoInteger) -> ! {
    match error {
        NoInteger::Nan => trap_invalid_conversion(),
        NoInteger::Below | NoInteger::Above => trap_integer_overflow(),
    }
}

fn w(x: u32) -> u64 {
    x as u64
}

fn to<const M: u32, const W: u32, const BITS: u32, const SIGNED: bool>(x: u64) -> u64 {
    match convert::to_integer::<M, W, BITS, SIGNED>(x) {
        Ok(n) => n,
        Err(error) => trap(error),
    }
}

fn sat<const M: u32, const W: u32, const BITS: u32, const SIGNED: bool>(x: u64) -> u64 {
    let low = if SIGNED { 1 << (BITS - 1) } else { 0 };
    match convert::to_integer::<M, W, BITS, SIGNED>(x) {
        Ok(n) => n,
        Err(NoInteger::Nan) => 0,
        Err(NoInteger::Below) => low,
        Err(NoInteger::Above) => (u64::MAX >> (64 - BITS)) ^ low,
    }
}

functions! {
    "f32.add" f32_add(a: u32, b: u32) -> u32 = f32::add(a, b);
    "f32.sub" f32_sub(a: u32, b: u32) -> u32 = f32::sub(a, b);
    "f32.mul" f32_mul(a: u32, b: u32) -> u32 = f32::mul(a, b);
    "f32.div" f32_div(a: u32, b: u32) -> u32 = f32::div(a, b);
    "f32.sqrt" f32_sqrt(a: u32) -> u32 = f32::sqrt(a);
    "f32.fma" f32_fma(a: u32, b: u32, c: u32) -> u32 = fma::fma::<23, 32>(w(a), w(b), w(c)) as u32;
    "f32.min" f32_min(a: u32, b: u32) -> u32 = compare::min::<23, 32>(w(a), w(b)) as u32;
    "f32.max" f32_max(a: u32, b: u32) -> u32 = compare::max::<23, 32>(w(a), w(b)) as u32;
    "f32.ceil" f32_ceil(a: u32) -> u32 = round::ceil::<23, 32>(w(a)) as u32;
    "f32.floor" f32_floor(a: u32) -> u32 = round::floor::<23, 32>(w(a)) as u32;
    "f32.trunc" f32_trunc(a: u32) -> u32 = round::trunc::<23, 32>(w(a)) as u32;
    "f32.nearest" f32_nearest(a: u32) -> u32 = round::nearest::<23, 32>(w(a)) as u32;
    "f32.eq" f32_eq(a: u32, b: u32) -> bool = compare::eq::<23, 32>(w(a), w(b));
    "f32.ne" f32_ne(a: u32, b: u32) -> bool = !compare::eq::<23, 32>(w(a), w(b));
    "f32.lt" f32_lt(a: u32, b: u32) -> bool = compare::lt::<23, 32>(w(a), w(b));
    "f32.gt" f32_gt(a: u32, b: u32) -> bool = compare::lt::<23, 32>(w(b), w(a));
    "f32.le" f32_le(a: u32, b: u32) -> bool = compare::le::<23, 32>(w(a), w(b));
    "f32.ge" f32_ge(a: u32, b: u32) -> bool = compare::le::<23, 32>(w(b), w(a));

    "f64.add" f64_add(a: u64, b: u64) -> u64 = f64::add(a, b);
    "f64.sub" f64_sub(a: u64, b: u64) -> u64 = f64::sub(a, b);
    "f64.mul" f64_mul(a: u64, b: u64) -> u64 = f64::mul(a, b);
    "f64.div" f64_div(a: u64, b: u64) -> u64 = f64::div(a, b);
    "f64.sqrt" f64_sqrt(a: u64) -> u64 = f64::sqrt(a);
    "f64.fma" f64_fma(a: u64, b: u64, c: u64) -> u64 = fma::fma::<52, 64>(a, b, c);
    "f64.min" f64_min(a: u64, b: u64) -> u64 = compare::min::<52, 64>(a, b);
    "f64.max" f64_max(a: u64, b: u64) -> u64 = compare::max::<52, 64>(a, b);
    "f64.ceil" f64_ceil(a: u64) -> u64 = round::ceil::<52, 64>(a);
    "f64.floor" f64_floor(a: u64) -> u64 = round::floor::<52, 64>(a);
    "f64.trunc" f64_trunc(a: u64) -> u64 = round::trunc::<52, 64>(a);
    "f64.nearest" f64_nearest(a: u64) -> u64 = round::nearest::<52, 64>(a);
    "f64.eq" f64_eq(a: u64, b: u64) -> bool = compare::eq::<52, 64>(a, b);
    "f64.ne" f64_ne(a: u64, b: u64) -> bool = !compare::eq::<52, 64>(a, b);
    "f64.lt" f64_lt(a: u64, b: u64) -> bool = compare::lt::<52, 64>(a, b);
    "f64.gt" f64_gt(a: u64, b: u64) -> bool = compare::lt::<52, 64>(b, a);
    "f64.le" f64_le(a: u64, b: u64) -> bool = compare::le::<52, 64>(a, b);
    "f64.ge" f64_ge(a: u64, b: u64) -> bool = compare::le::<52, 64>(b, a);

    "f32.demote_f64" f32_demote_f64(a: u64) -> u32 = convert::demote(a) as u32;
    "f64.promote_f32" f64_promote_f32(a: u32) -> u64 = convert::promote(w(a));
    "f32.convert_i32_s" f32_convert_i32_s(n: i32) -> u32 = match n < 0 {
        true => convert::f32_from_u32(n.wrapping_neg() as u32, 1 << 31),
        false => convert::f32_from_u32(n as u32, 0),
    };
    "f32.convert_i32_u" f32_convert_i32_u(n: u32) -> u32 = convert::f32_from_u32(n, 0);
    "f32.convert_i64_s" f32_convert_i64_s(n: i64) -> u32 = convert::from_i64::<23, 32>(n) as u32;
    "f32.convert_i64_u" f32_convert_i64_u(n: u64) -> u32 = convert::from_u64::<23, 32>(n) as u32;
    "f64.convert_i32_s" f64_convert_i32_s(n: i32) -> u64 = match n < 0 {
        true => convert::f64_from_u32(n.wrapping_neg() as u32, 1 << 63),
        false => convert::f64_from_u32(n as u32, 0),
    };
    "f64.convert_i32_u" f64_convert_i32_u(n: u32) -> u64 = convert::f64_from_u32(n, 0);
    "f64.convert_i64_s" f64_convert_i64_s(n: i64) -> u64 = convert::from_i64::<52, 64>(n);
    "f64.convert_i64_u" f64_convert_i64_u(n: u64) -> u64 = convert::from_u64::<52, 64>(n);

    "i32.trunc_f32_s" i32_trunc_f32_s(a: u32) -> u32 = to::<23, 32, 32, true>(w(a)) as u32;
    "i32.trunc_f32_u" i32_trunc_f32_u(a: u32) -> u32 = to::<23, 32, 32, false>(w(a)) as u32;
    "i32.trunc_f64_s" i32_trunc_f64_s(a: u64) -> u32 = to::<52, 64, 32, true>(a) as u32;
    "i32.trunc_f64_u" i32_trunc_f64_u(a: u64) -> u32 = to::<52, 64, 32, false>(a) as u32;
    "i64.trunc_f32_s" i64_trunc_f32_s(a: u32) -> u64 = to::<23, 32, 64, true>(w(a));
    "i64.trunc_f32_u" i64_trunc_f32_u(a: u32) -> u64 = to::<23, 32, 64, false>(w(a));
    "i64.trunc_f64_s" i64_trunc_f64_s(a: u64) -> u64 = to::<52, 64, 64, true>(a);
    "i64.trunc_f64_u" i64_trunc_f64_u(a: u64) -> u64 = to::<52, 64, 64, false>(a);
    "i32.trunc_sat_f32_s" i32_trunc_sat_f32_s(a: u32) -> u32 = sat::<23, 32, 32, true>(w(a)) as u32;
    "i32.trunc_sat_f32_u" i32_trunc_sat_f32_u(a: u32) -> u32 = sat::<23, 32, 32, false>(w(a)) as u32;
    "i32.trunc_sat_f64_s" i32_trunc_sat_f64_s(a: u64) -> u32 = sat::<52, 64, 32, true>(a) as u32;
    "i32.trunc_sat_f64_u" i32_trunc_sat_f64_u(a: u64) -> u32 = sat::<52, 64, 32, false>(a) as u32;
    "i64.trunc_sat_f32_s" i64_trunc_sat_f32_s(a: u32) -> u64 = sat::<23, 32, 64, true>(w(a));
    "i64.trunc_sat_f32_u" i64_trunc_sat_f32_u(a: u32) -> u64 = sat::<23, 32, 64, false>(w(a));
    "i64.trunc_sat_f64_s" i64_trunc_sat_f64_s(a: u64) -> u64 = sat::<52, 64, 64, true>(a);
    "i64.trunc_sat_f64_u" i64_trunc_sat_f64_u(a: u64) -> u64 = sat::<52, 64, 64, false>(a);
}
