//! What every instruction does: the acts.
//!
//! The meaning of an instruction stands here once, whatever follows it; the fast and the traced run, and instructions fused
//! with the next, are compilations of it.

use super::ExecError;
use super::alu::*;
use super::machine::{At, Dispatch, Handler, Then, enter};
use super::observe::Observer;
use crate::dialect::ZkOp;
use crate::program::*;
use zkc_ir::Trap as Kind;

/// What an instruction does, up to and with the step to the next.
pub(super) trait Act {
    fn act<O: Observer, K: Then<O>, const F: u8>(at: At<'_, '_, '_, O, K, F>);
}

/// An act for every instruction, a type with the name of its row, and the table of their handlers.
macro_rules! acts {
    ($($op:ident => |$at:ident| $body:expr;)*) => {
        /// The acts.
        pub(super) mod acts {
            $(pub(in super::super) struct $op;)*
        }

        $(impl Act for acts::$op {
            #[inline(always)]
            fn act<O: Observer, K: Then<O>, const F: u8>($at: At<'_, '_, '_, O, K, F>) {
                $body
            }
        })*

        /// The handler of an instruction; `forward` is the operand that is the forwarded value: 0 none, 1 `a`, 2 `b`.
        pub(super) fn handler<O: Observer>(op: ZkOp, forward: u8) -> Handler<O> {
            match op {
                $(ZkOp::$op => alone::<O, acts::$op>(forward),)*
            }
        }
    };
}

fn alone<O: Observer, A: Act>(forward: u8) -> Handler<O> {
    match forward {
        _ if O::ON => enter::<O, A, Dispatch, 0>,
        1 => enter::<O, A, Dispatch, 1>,
        2 => enter::<O, A, Dispatch, 2>,
        _ => enter::<O, A, Dispatch, 0>,
    }
}

acts! {
    Add32 => |at| at.alu32(u32::wrapping_add);
    Add32Imm => |at| at.alu32_imm(u32::wrapping_add);
    Add64 => |at| at.alu64(u64::wrapping_add);
    Add64Imm => |at| at.alu64_imm(u64::wrapping_add);
    Sub32 => |at| at.alu32(u32::wrapping_sub);
    Sub64 => |at| at.alu64(u64::wrapping_sub);
    Mul32 => |at| at.alu32(u32::wrapping_mul);
    Mul32Imm => |at| at.alu32_imm(u32::wrapping_mul);
    Mul64 => |at| at.alu64(u64::wrapping_mul);
    Mul64Imm => |at| at.alu64_imm(u64::wrapping_mul);
    Mulhu64 => |at| at.alu64(mulhu64);
    Divu32 => |at| at.trapping32(divu32);
    Divu32Imm => |at| at.trapping32_imm(divu32);
    Divs32 => |at| at.trapping32(divs32);
    Divs32Imm => |at| at.trapping32_imm(divs32);
    Remu32 => |at| at.trapping32(remu32);
    Remu32Imm => |at| at.trapping32_imm(remu32);
    Rems32 => |at| at.trapping32(rems32);
    Rems32Imm => |at| at.trapping32_imm(rems32);
    Divu64 => |at| at.trapping64(divu64);
    Divu64Imm => |at| at.trapping64_imm(divu64);
    Divs64 => |at| at.trapping64(divs64);
    Divs64Imm => |at| at.trapping64_imm(divs64);
    Remu64 => |at| at.trapping64(remu64);
    Remu64Imm => |at| at.trapping64_imm(remu64);
    Rems64 => |at| at.trapping64(rems64);
    Rems64Imm => |at| at.trapping64_imm(rems64);
    And32 => |at| at.alu32(and32);
    And32Imm => |at| at.alu32_imm(and32);
    And64 => |at| at.alu64(and64);
    And64Imm => |at| at.alu64_imm(and64);
    Or32 => |at| at.alu32(or32);
    Or32Imm => |at| at.alu32_imm(or32);
    Or64 => |at| at.alu64(or64);
    Or64Imm => |at| at.alu64_imm(or64);
    Xor32 => |at| at.alu32(xor32);
    Xor32Imm => |at| at.alu32_imm(xor32);
    Xor64 => |at| at.alu64(xor64);
    Xor64Imm => |at| at.alu64_imm(xor64);
    Shl32 => |at| at.alu32(shl32);
    Shl32Imm => |at| at.alu32_imm(shl32);
    Shru32 => |at| at.alu32(shru32);
    Shru32Imm => |at| at.alu32_imm(shru32);
    Shrs32 => |at| at.alu32(shrs32);
    Shrs32Imm => |at| at.alu32_imm(shrs32);
    Rotl32 => |at| at.alu32(rotl32);
    Rotl32Imm => |at| at.alu32_imm(rotl32);
    Rotr32 => |at| at.alu32(rotr32);
    Shl64 => |at| at.alu64(shl64);
    Shl64Imm => |at| at.alu64_imm(shl64);
    Shru64 => |at| at.alu64(shru64);
    Shru64Imm => |at| at.alu64_imm(shru64);
    Shrs64 => |at| at.alu64(shrs64);
    Shrs64Imm => |at| at.alu64_imm(shrs64);
    Rotl64 => |at| at.alu64(rotl64);
    Rotl64Imm => |at| at.alu64_imm(rotl64);
    Rotr64 => |at| at.alu64(rotr64);
    Eq32 => |at| at.alu32(eq32);
    Eq32Imm => |at| at.alu32_imm(eq32);
    Ne32 => |at| at.alu32(ne32);
    Ne32Imm => |at| at.alu32_imm(ne32);
    Ltu32 => |at| at.alu32(ltu32);
    Ltu32Imm => |at| at.alu32_imm(ltu32);
    Lts32 => |at| at.alu32(lts32);
    Lts32Imm => |at| at.alu32_imm(lts32);
    Geu32 => |at| at.alu32(geu32);
    Geu32Imm => |at| at.alu32_imm(geu32);
    Ges32 => |at| at.alu32(ges32);
    Ges32Imm => |at| at.alu32_imm(ges32);
    Eq64 => |at| at.alu64(eq64);
    Eq64Imm => |at| at.alu64_imm(eq64);
    Ne64 => |at| at.alu64(ne64);
    Ne64Imm => |at| at.alu64_imm(ne64);
    Ltu64 => |at| at.alu64(ltu64);
    Ltu64Imm => |at| at.alu64_imm(ltu64);
    Lts64 => |at| at.alu64(lts64);
    Lts64Imm => |at| at.alu64_imm(lts64);
    Geu64 => |at| at.alu64(geu64);
    Geu64Imm => |at| at.alu64_imm(geu64);
    Ges64 => |at| at.alu64(ges64);
    Ges64Imm => |at| at.alu64_imm(ges64);
    Sext832 => |at| at.unary32(|a| a as i8 as u32);
    Sext1632 => |at| at.unary32(|a| a as i16 as u32);
    Sext864 => |at| at.unary64(|a| a as i8 as u64);
    Sext1664 => |at| at.unary64(|a| a as i16 as u64);
    Sext3264 => |at| at.unary64(|a| a as i32 as u64);
    Wrap => |at| at.unary64(|a| a & 0xffff_ffff);
    Clz32 => |at| at.unary32(u32::leading_zeros);
    Ctz32 => |at| at.unary32(u32::trailing_zeros);
    Popcnt32 => |at| at.unary32(u32::count_ones);
    Clz64 => |at| at.unary64(|a: u64| u64::from(a.leading_zeros()));
    Ctz64 => |at| at.unary64(|a: u64| u64::from(a.trailing_zeros()));
    Popcnt64 => |at| at.unary64(|a: u64| u64::from(a.count_ones()));
    Select => |at| select(at);
    Li => |at| {
        let value = at.i.imm;
        at.done(value);
    };
    Mov => |at| at.unary64(|a| a);
    Ld8u => |at| at.load(|v| u8::from_le_bytes(v).into());
    Ld16u => |at| at.load(|v| u16::from_le_bytes(v).into());
    Ld32u => |at| at.load(|v| u32::from_le_bytes(v).into());
    Ld64 => |at| at.load(u64::from_le_bytes);
    Ld8s32 => |at| at.load(|v| u64::from(i8::from_le_bytes(v) as u32));
    Ld16s32 => |at| at.load(|v| u64::from(i16::from_le_bytes(v) as u32));
    Ld8s64 => |at| at.load(|v| i8::from_le_bytes(v) as u64);
    Ld16s64 => |at| at.load(|v| i16::from_le_bytes(v) as u64);
    Ld32s64 => |at| at.load(|v| i32::from_le_bytes(v) as u64);
    St8 => |at| at.store(|v| (v as u8).to_le_bytes());
    St16 => |at| at.store(|v| (v as u16).to_le_bytes());
    St32 => |at| at.store(|v| (v as u32).to_le_bytes());
    St64 => |at| at.store(u64::to_le_bytes);
    Lds => |at| lds(at);
    Sts => |at| sts(at);
    Ldt => |at| ldt(at);
    Stt => |at| stt(at);
    Copy => |at| at.copy();
    Fill => |at| at.fill();
    Grow => |at| grow(at);
    Arg => |at| arg(at);
    Result => |at| result(at);
    Inlen => |at| {
        let value = at.m.host.input_len;
        at.done(value.into());
    };
    Input8 => |at| input(at, |bytes: [u8; 1]| bytes[0].into());
    Input64 => |at| input(at, u64::from_le_bytes);
    Output => |at| output(at);
    Jump => |at| {
        let target = at.i.imm as usize;
        at.jump(target);
    };
    BrEq32 => |at| at.branch32(eq32);
    BrEq32Imm => |at| at.branch32_imm(eq32);
    BrNe32 => |at| at.branch32(ne32);
    BrNe32Imm => |at| at.branch32_imm(ne32);
    BrLtu32 => |at| at.branch32(ltu32);
    BrLtu32Imm => |at| at.branch32_imm(ltu32);
    BrLts32 => |at| at.branch32(lts32);
    BrLts32Imm => |at| at.branch32_imm(lts32);
    BrGeu32 => |at| at.branch32(geu32);
    BrGeu32Imm => |at| at.branch32_imm(geu32);
    BrGes32 => |at| at.branch32(ges32);
    BrGes32Imm => |at| at.branch32_imm(ges32);
    BrEq64 => |at| at.branch64(eq64);
    BrEq64Imm => |at| at.branch64_imm(eq64);
    BrNe64 => |at| at.branch64(ne64);
    BrNe64Imm => |at| at.branch64_imm(ne64);
    BrLtu64 => |at| at.branch64(ltu64);
    BrLtu64Imm => |at| at.branch64_imm(ltu64);
    BrLts64 => |at| at.branch64(lts64);
    BrLts64Imm => |at| at.branch64_imm(lts64);
    BrGeu64 => |at| at.branch64(geu64);
    BrGeu64Imm => |at| at.branch64_imm(geu64);
    BrGes64 => |at| at.branch64(ges64);
    BrGes64Imm => |at| at.branch64_imm(ges64);
    Brt => |at| brt(at);
    Call => |at| call(at);
    Calli => |at| calli(at);
    Tcall => |at| {
        let target = at.i.imm as usize;
        at.jump(target);
    };
    Tcalli => |at| tcalli(at);
    Reset => |at| at.reset();
    Ret => |at| at.ret();
    Trap => |at| {
        let status = at.i.imm as u32;
        at.end(status);
    };
    Halt => |at| at.end(0);
}

#[inline(always)]
fn select<O: Observer, K: Then<O>, const F: u8>(mut at: At<'_, '_, '_, O, K, F>) {
    let condition = at.a();
    let chosen = at.b();
    let other = at.read(at.i.imm as u16);
    at.done(if condition == 0 { other } else { chosen });
}

#[inline(always)]
fn lds<O: Observer, K: Then<O>, const F: u8>(mut at: At<'_, '_, '_, O, K, F>) {
    let value = at.static_word(at.i.imm as usize);
    at.done(value);
}

#[inline(always)]
fn sts<O: Observer, K: Then<O>, const F: u8>(mut at: At<'_, '_, '_, O, K, F>) {
    let value = at.a();
    at.set_static(at.i.imm as usize, value);
    at.next();
}

#[inline(always)]
fn ldt<O: Observer, K: Then<O>, const F: u8>(mut at: At<'_, '_, '_, O, K, F>) {
    let Some(index) = at.narrow_a() else {
        return at.wide();
    };
    if u64::from(index) >= at.i.imm >> 32 {
        return at.trap(Kind::UndefinedElement);
    }
    let value = at.static_word(at.i.imm as u32 as usize + index as usize);
    at.done(value);
}

#[inline(always)]
fn stt<O: Observer, K: Then<O>, const F: u8>(mut at: At<'_, '_, '_, O, K, F>) {
    let Some(index) = at.narrow_a() else {
        return at.wide();
    };
    let value = at.b();
    if u64::from(index) >= at.i.imm >> 32 {
        return at.trap(Kind::OutOfBoundsTableAccess);
    }
    at.set_static(at.i.imm as u32 as usize + index as usize, value);
    at.next();
}

fn grow<O: Observer, K: Then<O>, const F: u8>(mut at: At<'_, '_, '_, O, K, F>) {
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
    at.done_and_pause(value);
}

fn arg<O: Observer, K: Then<O>, const F: u8>(at: At<'_, '_, '_, O, K, F>) {
    let index = at.i.imm;
    match at.m.host.args.get(index as usize) {
        Some(&value) => at.done(value),
        None => {
            let pc = at.pc();
            at.fail(ExecError::NoArgument { pc, index });
        }
    }
}

fn result<O: Observer, K: Then<O>, const F: u8>(mut at: At<'_, '_, '_, O, K, F>) {
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

fn input<O: Observer, K: Then<O>, const F: u8, const SIZE: usize>(
    at: At<'_, '_, '_, O, K, F>,
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

fn output<O: Observer, K: Then<O>, const F: u8>(mut at: At<'_, '_, '_, O, K, F>) {
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
fn brt<O: Observer, K: Then<O>, const F: u8>(mut at: At<'_, '_, '_, O, K, F>) {
    let Some(index) = at.narrow_a() else {
        return at.wide();
    };
    let target = at.i.wide_target() + u64::from(index).min(at.i.imm) as usize;
    at.jump(target);
}

#[inline(always)]
fn call<O: Observer, K: Then<O>, const F: u8>(mut at: At<'_, '_, '_, O, K, F>) {
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
fn calli<O: Observer, K: Then<O>, const F: u8>(mut at: At<'_, '_, '_, O, K, F>) {
    let Ok(callee) = at.callee() else { return };
    let word = at.a();
    match (word_fault(word, at.i.imm), callee) {
        (Some(trap), _) => at.trap(trap),
        (None, Some(callee)) => at.call(callee, word as u32),
        (None, None) => at.trap(Kind::CallStackExhausted),
    }
}

#[inline(always)]
fn tcalli<O: Observer, K: Then<O>, const F: u8>(mut at: At<'_, '_, '_, O, K, F>) {
    let word = at.a();
    match word_fault(word, at.i.imm) {
        Some(trap) => at.trap(trap),
        None => at.go_to(word as u32),
    }
}

/// Why a table word cannot be called as a function whose type id plus one is `ty`.
#[inline(always)]
fn word_fault(word: u64, ty: u64) -> Option<Kind> {
    if word == 0 {
        return Some(Kind::UninitializedElement);
    }
    (word >> 32 != ty).then_some(Kind::IndirectCallTypeMismatch)
}
