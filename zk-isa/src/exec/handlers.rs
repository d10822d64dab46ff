//! What every instruction does: the table of handlers.
//!
//! The meaning of an instruction stands here once; the fast and the traced run are two compilations of it.

use super::ExecError;
use super::alu::*;
use super::decode::Code;
use super::machine::{At, Frame, Handler, Machine};
use super::observe::Observer;
use crate::dialect::ZkOp;
use crate::program::*;
use zkc_ir::Trap as Kind;

/// The handler of an instruction; `forward` is the operand that is the forwarded value: 0 none, 1 `a`, 2 `b`.
pub(super) fn handler<O: Observer>(op: ZkOp, forward: u8) -> Handler<O> {
    use ZkOp::*;
    // `op!(|at| body)` is the handler with this body, in the version for `forward`.
    macro_rules! op {
        (|$at:ident| $body:expr) => {{
            fn run<'a, O: Observer, const FORWARD: u8>(
                m: &mut Machine<'a, '_, O>,
                code: &'a [Code<O>],
                frame: &'a Frame,
                value: u64,
            ) {
                if let Some($at) = At::<O, FORWARD>::new(m, code, frame, value) {
                    $body
                }
            }
            match forward {
                _ if O::ON => run::<O, 0>,
                1 => run::<O, 1>,
                2 => run::<O, 2>,
                _ => run::<O, 0>,
            }
        }};
    }
    match op {
        Add32 => op!(|at| at.alu32(u32::wrapping_add)),
        Add32Imm => op!(|at| at.alu32_imm(u32::wrapping_add)),
        Add64 => op!(|at| at.alu64(u64::wrapping_add)),
        Add64Imm => op!(|at| at.alu64_imm(u64::wrapping_add)),
        Sub32 => op!(|at| at.alu32(u32::wrapping_sub)),
        Sub64 => op!(|at| at.alu64(u64::wrapping_sub)),
        Mul32 => op!(|at| at.alu32(u32::wrapping_mul)),
        Mul32Imm => op!(|at| at.alu32_imm(u32::wrapping_mul)),
        Mul64 => op!(|at| at.alu64(u64::wrapping_mul)),
        Mul64Imm => op!(|at| at.alu64_imm(u64::wrapping_mul)),
        Divu32 => op!(|at| at.trapping32(divu32)),
        Divu32Imm => op!(|at| at.trapping32_imm(divu32)),
        Divs32 => op!(|at| at.trapping32(divs32)),
        Divs32Imm => op!(|at| at.trapping32_imm(divs32)),
        Remu32 => op!(|at| at.trapping32(remu32)),
        Remu32Imm => op!(|at| at.trapping32_imm(remu32)),
        Rems32 => op!(|at| at.trapping32(rems32)),
        Rems32Imm => op!(|at| at.trapping32_imm(rems32)),
        Divu64 => op!(|at| at.trapping64(divu64)),
        Divu64Imm => op!(|at| at.trapping64_imm(divu64)),
        Divs64 => op!(|at| at.trapping64(divs64)),
        Divs64Imm => op!(|at| at.trapping64_imm(divs64)),
        Remu64 => op!(|at| at.trapping64(remu64)),
        Remu64Imm => op!(|at| at.trapping64_imm(remu64)),
        Rems64 => op!(|at| at.trapping64(rems64)),
        Rems64Imm => op!(|at| at.trapping64_imm(rems64)),
        And32 => op!(|at| at.alu32(and32)),
        And32Imm => op!(|at| at.alu32_imm(and32)),
        And64 => op!(|at| at.alu64(and64)),
        And64Imm => op!(|at| at.alu64_imm(and64)),
        Or32 => op!(|at| at.alu32(or32)),
        Or32Imm => op!(|at| at.alu32_imm(or32)),
        Or64 => op!(|at| at.alu64(or64)),
        Or64Imm => op!(|at| at.alu64_imm(or64)),
        Xor32 => op!(|at| at.alu32(xor32)),
        Xor32Imm => op!(|at| at.alu32_imm(xor32)),
        Xor64 => op!(|at| at.alu64(xor64)),
        Xor64Imm => op!(|at| at.alu64_imm(xor64)),
        Shl32 => op!(|at| at.alu32(shl32)),
        Shl32Imm => op!(|at| at.alu32_imm(shl32)),
        Shru32 => op!(|at| at.alu32(shru32)),
        Shru32Imm => op!(|at| at.alu32_imm(shru32)),
        Shrs32 => op!(|at| at.alu32(shrs32)),
        Shrs32Imm => op!(|at| at.alu32_imm(shrs32)),
        Rotl32 => op!(|at| at.alu32(rotl32)),
        Rotl32Imm => op!(|at| at.alu32_imm(rotl32)),
        Rotr32 => op!(|at| at.alu32(rotr32)),
        Shl64 => op!(|at| at.alu64(shl64)),
        Shl64Imm => op!(|at| at.alu64_imm(shl64)),
        Shru64 => op!(|at| at.alu64(shru64)),
        Shru64Imm => op!(|at| at.alu64_imm(shru64)),
        Shrs64 => op!(|at| at.alu64(shrs64)),
        Shrs64Imm => op!(|at| at.alu64_imm(shrs64)),
        Rotl64 => op!(|at| at.alu64(rotl64)),
        Rotl64Imm => op!(|at| at.alu64_imm(rotl64)),
        Rotr64 => op!(|at| at.alu64(rotr64)),
        Eq32 => op!(|at| at.alu32(eq32)),
        Eq32Imm => op!(|at| at.alu32_imm(eq32)),
        Ne32 => op!(|at| at.alu32(ne32)),
        Ne32Imm => op!(|at| at.alu32_imm(ne32)),
        Ltu32 => op!(|at| at.alu32(ltu32)),
        Ltu32Imm => op!(|at| at.alu32_imm(ltu32)),
        Lts32 => op!(|at| at.alu32(lts32)),
        Lts32Imm => op!(|at| at.alu32_imm(lts32)),
        Geu32 => op!(|at| at.alu32(geu32)),
        Geu32Imm => op!(|at| at.alu32_imm(geu32)),
        Ges32 => op!(|at| at.alu32(ges32)),
        Ges32Imm => op!(|at| at.alu32_imm(ges32)),
        Eq64 => op!(|at| at.alu64(eq64)),
        Eq64Imm => op!(|at| at.alu64_imm(eq64)),
        Ne64 => op!(|at| at.alu64(ne64)),
        Ne64Imm => op!(|at| at.alu64_imm(ne64)),
        Ltu64 => op!(|at| at.alu64(ltu64)),
        Ltu64Imm => op!(|at| at.alu64_imm(ltu64)),
        Lts64 => op!(|at| at.alu64(lts64)),
        Lts64Imm => op!(|at| at.alu64_imm(lts64)),
        Geu64 => op!(|at| at.alu64(geu64)),
        Geu64Imm => op!(|at| at.alu64_imm(geu64)),
        Ges64 => op!(|at| at.alu64(ges64)),
        Ges64Imm => op!(|at| at.alu64_imm(ges64)),
        Sext832 => op!(|at| at.unary32(|a| a as i8 as u32)),
        Sext1632 => op!(|at| at.unary32(|a| a as i16 as u32)),
        Sext864 => op!(|at| at.unary64(|a| a as i8 as u64)),
        Sext1664 => op!(|at| at.unary64(|a| a as i16 as u64)),
        Sext3264 => op!(|at| at.unary64(|a| a as i32 as u64)),
        Wrap => op!(|at| at.unary64(|a| a & 0xffff_ffff)),
        Clz32 => op!(|at| at.unary32(u32::leading_zeros)),
        Ctz32 => op!(|at| at.unary32(u32::trailing_zeros)),
        Popcnt32 => op!(|at| at.unary32(u32::count_ones)),
        Clz64 => op!(|at| at.unary64(|a: u64| u64::from(a.leading_zeros()))),
        Ctz64 => op!(|at| at.unary64(|a: u64| u64::from(a.trailing_zeros()))),
        Popcnt64 => op!(|at| at.unary64(|a: u64| u64::from(a.count_ones()))),
        Select => op!(|at| select(at)),
        Li => op!(|at| {
            let value = at.i.imm;
            at.done(value);
        }),
        Mov => op!(|at| at.unary64(|a| a)),
        Ld8u => op!(|at| at.load(|v| u8::from_le_bytes(v).into())),
        Ld16u => op!(|at| at.load(|v| u16::from_le_bytes(v).into())),
        Ld32u => op!(|at| at.load(|v| u32::from_le_bytes(v).into())),
        Ld64 => op!(|at| at.load(u64::from_le_bytes)),
        Ld8s32 => op!(|at| at.load(|v| u64::from(i8::from_le_bytes(v) as u32))),
        Ld16s32 => op!(|at| at.load(|v| u64::from(i16::from_le_bytes(v) as u32))),
        Ld8s64 => op!(|at| at.load(|v| i8::from_le_bytes(v) as u64)),
        Ld16s64 => op!(|at| at.load(|v| i16::from_le_bytes(v) as u64)),
        Ld32s64 => op!(|at| at.load(|v| i32::from_le_bytes(v) as u64)),
        St8 => op!(|at| at.store(|v| (v as u8).to_le_bytes())),
        St16 => op!(|at| at.store(|v| (v as u16).to_le_bytes())),
        St32 => op!(|at| at.store(|v| (v as u32).to_le_bytes())),
        St64 => op!(|at| at.store(u64::to_le_bytes)),
        Lds => op!(|at| lds(at)),
        Sts => op!(|at| sts(at)),
        Ldt => op!(|at| ldt(at)),
        Grow => op!(|at| grow(at)),
        Arg => op!(|at| arg(at)),
        Result => op!(|at| result(at)),
        Inlen => op!(|at| {
            let value = at.m.host.input_len;
            at.done(value.into());
        }),
        Input8 => op!(|at| input(at, |bytes: [u8; 1]| bytes[0].into())),
        Input64 => op!(|at| input(at, u64::from_le_bytes)),
        Output => op!(|at| output(at)),
        Jump => op!(|at| {
            let target = at.i.imm as usize;
            at.jump(target);
        }),
        BrEq32 => op!(|at| at.branch32(eq32)),
        BrEq32Imm => op!(|at| at.branch32_imm(eq32)),
        BrNe32 => op!(|at| at.branch32(ne32)),
        BrNe32Imm => op!(|at| at.branch32_imm(ne32)),
        BrLtu32 => op!(|at| at.branch32(ltu32)),
        BrLtu32Imm => op!(|at| at.branch32_imm(ltu32)),
        BrLts32 => op!(|at| at.branch32(lts32)),
        BrLts32Imm => op!(|at| at.branch32_imm(lts32)),
        BrGeu32 => op!(|at| at.branch32(geu32)),
        BrGeu32Imm => op!(|at| at.branch32_imm(geu32)),
        BrGes32 => op!(|at| at.branch32(ges32)),
        BrGes32Imm => op!(|at| at.branch32_imm(ges32)),
        BrEq64 => op!(|at| at.branch64(eq64)),
        BrEq64Imm => op!(|at| at.branch64_imm(eq64)),
        BrNe64 => op!(|at| at.branch64(ne64)),
        BrNe64Imm => op!(|at| at.branch64_imm(ne64)),
        BrLtu64 => op!(|at| at.branch64(ltu64)),
        BrLtu64Imm => op!(|at| at.branch64_imm(ltu64)),
        BrLts64 => op!(|at| at.branch64(lts64)),
        BrLts64Imm => op!(|at| at.branch64_imm(lts64)),
        BrGeu64 => op!(|at| at.branch64(geu64)),
        BrGeu64Imm => op!(|at| at.branch64_imm(geu64)),
        BrGes64 => op!(|at| at.branch64(ges64)),
        BrGes64Imm => op!(|at| at.branch64_imm(ges64)),
        Brt => op!(|at| brt(at)),
        Call => op!(|at| call(at)),
        Calli => op!(|at| calli(at)),
        Ret => op!(|at| at.ret()),
        Trap => op!(|at| {
            let status = at.i.imm as u32;
            at.end(status);
        }),
        Halt => op!(|at| at.end(0)),
    }
}

#[inline(always)]
fn select<O: Observer, const F: u8>(mut at: At<'_, '_, '_, O, F>) {
    let condition = at.a();
    let value = if condition == 0 {
        at.read(at.i.imm as u16)
    } else {
        at.b()
    };
    at.done(value);
}

#[inline(always)]
fn lds<O: Observer, const F: u8>(mut at: At<'_, '_, '_, O, F>) {
    let value = at.static_word(at.i.imm as usize);
    at.done(value);
}

#[inline(always)]
fn sts<O: Observer, const F: u8>(mut at: At<'_, '_, '_, O, F>) {
    let value = at.a();
    at.set_static(at.i.imm as usize, value);
    at.next();
}

#[inline(always)]
fn ldt<O: Observer, const F: u8>(mut at: At<'_, '_, '_, O, F>) {
    let Some(index) = at.narrow_a() else {
        return at.wide();
    };
    if u64::from(index) >= at.i.imm >> 32 {
        return at.trap(Kind::UndefinedElement);
    }
    let value = at.static_word(at.i.imm as u32 as usize + index as usize);
    at.done(value);
}

fn grow<O: Observer, const F: u8>(mut at: At<'_, '_, '_, O, F>) {
    let Some(pages) = at.narrow_a() else {
        return at.wide();
    };
    let old = at.m.statics[SLOT_PAGES as usize];
    let wanted = old + u64::from(pages);
    let (new, value) = if wanted <= at.i.imm {
        (wanted, old)
    } else {
        (old, u32::MAX.into())
    };
    let limit = at.m.host.max_pages;
    if new > u64::from(limit) {
        return at.fail(ExecError::PageLimit { pages: new, limit });
    }
    at.set_static(SLOT_PAGES as usize, new);
    at.m.observer.grew(old as u32, new as u32);
    at.m.live = new as usize * 65536;
    at.done(value);
}

fn arg<O: Observer, const F: u8>(at: At<'_, '_, '_, O, F>) {
    let index = at.i.imm;
    match at.m.host.args.get(index as usize) {
        Some(&value) => at.done(value),
        None => {
            let pc = at.pc();
            at.fail(ExecError::NoArgument { pc, index });
        }
    }
}

fn result<O: Observer, const F: u8>(mut at: At<'_, '_, '_, O, F>) {
    let (value, index) = (at.a(), at.i.imm);
    match at.m.host.results.get_mut(index as usize) {
        Some(result @ None) => {
            *result = Some(value);
            at.next();
        }
        _ => {
            let pc = at.pc();
            at.fail(ExecError::NoResult { pc, index });
        }
    }
}

fn input<O: Observer, const F: u8, const SIZE: usize>(
    at: At<'_, '_, '_, O, F>,
    f: impl FnOnce([u8; SIZE]) -> u64,
) {
    match at.m.host.unread.split_first_chunk() {
        Some((&bytes, unread)) => {
            at.m.host.unread = unread;
            at.done(f(bytes));
        }
        None => {
            let pc = at.pc();
            at.fail(ExecError::InputExhausted { pc });
        }
    }
}

fn output<O: Observer, const F: u8>(mut at: At<'_, '_, '_, O, F>) {
    let value = at.a();
    let Ok(byte) = u8::try_from(value) else {
        let pc = at.pc();
        return at.fail(ExecError::WideOutput { pc, value });
    };
    at.set_static(
        SLOT_OUTPUTS as usize,
        at.m.statics[SLOT_OUTPUTS as usize] + 1,
    );
    at.m.host.output.push(byte);
    at.next();
}

#[inline(always)]
fn brt<O: Observer, const F: u8>(mut at: At<'_, '_, '_, O, F>) {
    let Some(index) = at.narrow_a() else {
        return at.wide();
    };
    let target = at.i.wide_target() + u64::from(index).min(at.i.imm) as usize;
    at.jump(target);
}

#[inline(always)]
fn call<O: Observer, const F: u8>(mut at: At<'_, '_, '_, O, F>) {
    match at.callee() {
        Ok(Some(callee)) => {
            let pc = at.i.imm as u32;
            at.call(callee, pc);
        }
        Ok(None) => at.trap(Kind::CallStackExhausted),
        Err(_) => {}
    }
}

#[inline(always)]
fn calli<O: Observer, const F: u8>(mut at: At<'_, '_, '_, O, F>) {
    let Ok(callee) = at.callee() else { return };
    let word = at.a();
    if word == 0 {
        return at.trap(Kind::UninitializedElement);
    }
    if word >> 32 != at.i.imm {
        return at.trap(Kind::IndirectCallTypeMismatch);
    }
    match callee {
        Some(callee) => at.call(callee, word as u32),
        None => at.trap(Kind::CallStackExhausted),
    }
}
