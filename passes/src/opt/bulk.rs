//! `memory.fill` and `memory.copy` of a small constant length become stores and loads.
//!
//! Together the accesses touch the bytes the op would, so they trap out of bounds when it does. The store at the highest
//! address comes first: where it is in bounds all are, so nothing is written before a trap. A length of zero still has a
//! bound to check and stays a call.

use super::{Rebuild, constant_of, is_flat, make_constant};
use zkc_ir::{Attr, Body, Builder, ClifOp, Op, Type, Value};

/// Largest length expanded, in bytes: 16 stores, about what the call alone takes.
const MAX_BYTES: u64 = 128;

/// Expands bulk memory ops of a small constant length.
pub fn bulk(body: &Body) -> Body {
    if !is_flat(body) {
        return body.clone();
    }
    let order = Rebuild::order(body);
    let mut rebuild = Rebuild::new(body, &order, |_| true);
    for &block in &order {
        rebuild.start(block);
        for &op in &body.block(block).ops {
            if !expanded(&mut rebuild, op) {
                rebuild.copy(op);
            }
        }
    }
    rebuild.finish()
}

/// Expands an op if it is one of ours.
fn expanded(rebuild: &mut Rebuild<'_>, op: Op) -> bool {
    let data = rebuild.old.op(op);
    let clif = ClifOp::from_opcode(data.opcode);
    if !matches!(clif, Some(ClifOp::MemoryFill | ClifOp::MemoryCopy)) {
        return false;
    }
    let args = rebuild.values(&data.args);
    let length =
        constant_of(rebuild.builder.body(), args[2]).filter(|n| (1..=MAX_BYTES).contains(n));
    let Some(length) = length else { return false };
    rebuild.at(op);
    let pieces = pieces(length);
    if clif == Some(ClifOp::MemoryFill) {
        fill(&mut rebuild.builder, args[0], args[1], &pieces);
    } else {
        copy(&mut rebuild.builder, args[0], args[1], &pieces);
    }
    true
}

/// Offsets and sizes of accesses that cover this many bytes: words, then smaller ones, the last overlapping its
/// predecessor where that saves some.
fn pieces(length: u64) -> Vec<(u64, u64)> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < length {
        let rest = length - at;
        let size = [8, 4, 2, 1]
            .into_iter()
            .find(|&size| size <= rest)
            .unwrap_or(1);
        // A rest that needs several accesses: one wider, moved back.
        let wider = [2, 4, 8]
            .into_iter()
            .find(|&size| size >= rest && size <= length);
        if let Some(wider) = wider
            && size < rest
        {
            pieces.push((length - wider, wider));
            break;
        }
        pieces.push((at, size));
        at += size;
    }
    pieces
}

fn fill(builder: &mut Builder, address: Value, byte: Value, pieces: &[(u64, u64)]) {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let word = match constant_of(builder.body(), byte) {
        Some(bits) => make_constant(builder, Type::I64, (bits & 0xff) * ONES),
        None => {
            let mask = make_constant(builder, Type::I32, 0xff);
            let low = builder.value(ClifOp::Band32, &[byte, mask], Vec::new(), Type::I32);
            let low = builder.value(ClifOp::Uextend, &[low], Vec::new(), Type::I64);
            let ones = make_constant(builder, Type::I64, ONES);
            builder.value(ClifOp::Imul64, &[low, ones], Vec::new(), Type::I64)
        }
    };
    for &(offset, size) in pieces.iter().rev() {
        store(builder, address, offset, size, word);
    }
}

fn copy(builder: &mut Builder, to: Value, from: Value, pieces: &[(u64, u64)]) {
    // Everything is loaded before anything is stored, because the ranges may overlap.
    let load = |builder: &mut Builder, offset, size| {
        let row = match size {
            8 => ClifOp::Load64,
            4 => ClifOp::Uload32To64,
            2 => ClifOp::Uload16To64,
            _ => ClifOp::Uload8To64,
        };
        builder.value(
            row,
            &[from],
            vec![Attr::Mem { offset, align: 0 }],
            Type::I64,
        )
    };
    let words: Vec<Value> = pieces
        .iter()
        .map(|&(offset, size)| load(builder, offset, size))
        .collect();
    for (&(offset, size), word) in pieces.iter().zip(words).rev() {
        store(builder, to, offset, size, word);
    }
}

fn store(builder: &mut Builder, address: Value, offset: u64, size: u64, word: Value) {
    let row = match size {
        8 => ClifOp::Store64,
        4 => ClifOp::Istore32From64,
        2 => ClifOp::Istore16From64,
        _ => ClifOp::Istore8From64,
    };
    builder.op(
        row,
        &[address, word],
        vec![Attr::Mem { offset, align: 0 }],
        &[],
    );
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn pieces_cover_exactly() {
        for length in 1..=128_u64 {
            let mut covered = vec![false; length as usize];
            for (offset, size) in pieces(length) {
                assert!(offset + size <= length, "{length}");
                covered[offset as usize..(offset + size) as usize].fill(true);
            }
            assert!(covered.iter().all(|&c| c), "{length}");
        }
        assert_eq!(pieces(13), vec![(0, 8), (5, 8)]);
        assert_eq!(pieces(3), vec![(0, 2), (2, 1)]);
        assert_eq!(pieces(7), vec![(0, 4), (3, 4)]);
    }
}
