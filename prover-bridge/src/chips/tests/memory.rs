//! Loads, stores, static words and memory.grow.

use super::{Scene, accept, check, check_all, check_mixed, check_pairs, honest, random};
use zkc_ir::Trap;
use zkc_isa::{Inst, MEMORY_WORDS, SLOT_PAGES, STATIC_BASE, Step, ZkOp, ZkOp::*};

const LOADS: [ZkOp; 9] = [
    Ld8u, Ld16u, Ld32u, Ld64, Ld8s32, Ld16s32, Ld8s64, Ld16s64, Ld32s64,
];
const STORES: [ZkOp; 4] = [St8, St16, St32, St64];

fn bytes_of(op: ZkOp) -> u64 {
    op.access_bytes().into()
}

/// Some memory, the same at every call.
fn memory_word(index: u64) -> u64 {
    random(&mut (index ^ 77))
}

fn memory_byte(addr: u64) -> u64 {
    memory_word(addr / 8) >> (8 * (addr % 8)) & 0xff
}

fn load(op: ZkOp, base: u64, offset: u64) -> Step {
    let (ea, size) = (base + offset, bytes_of(op));
    let raw = (0..size).fold(0, |v, i| v | memory_byte(ea + i) << (8 * i));
    let value = match op {
        Ld8s32 => raw as u8 as i8 as u32 as u64,
        Ld16s32 => raw as u16 as i16 as u32 as u64,
        Ld8s64 => raw as u8 as i8 as u64,
        Ld16s64 => raw as u16 as i16 as u64,
        Ld32s64 => raw as u32 as i32 as u64,
        _ => raw,
    };
    let mut scene = Scene::new(Inst {
        d: 9,
        a: 3,
        imm: offset,
        ..Inst::new(op)
    })
    .read(3, base);
    for word in ea / 8..=(ea + size - 1) / 8 {
        scene = scene.access(word as u32, memory_word(word), memory_word(word));
    }
    scene.write(9, value).0
}

fn store(op: ZkOp, base: u64, offset: u64, value: u64) -> Step {
    let (ea, size) = (base + offset, bytes_of(op));
    let mut scene = Scene::new(Inst {
        a: 3,
        b: 4,
        imm: offset,
        ..Inst::new(op)
    })
    .read(3, base)
    .read(4, value);
    for word in ea / 8..=(ea + size - 1) / 8 {
        let new = (0..8).fold(0, |v, i| {
            let at = word * 8 + i;
            let byte = if (ea..ea + size).contains(&at) {
                value >> (8 * (at - ea)) & 0xff
            } else {
                memory_byte(at)
            };
            v | byte << (8 * i)
        });
        scene = scene.access(word as u32, memory_word(word), new);
    }
    scene.0
}

fn out_of_bounds(op: ZkOp, base: u64, offset: u64, pages: u64) -> Step {
    let reg = |op| if STORES.contains(&op) { (0, 4) } else { (9, 0) };
    let (d, b) = reg(op);
    let pages_word = STATIC_BASE + SLOT_PAGES;
    Scene::new(Inst {
        d,
        a: 3,
        b,
        imm: offset,
        ..Inst::new(op)
    })
    .read(3, base)
    .access(pages_word, pages, pages)
    .goes_to(Trap::OutOfBoundsMemoryAccess.code())
    .0
}

/// Addresses at all offsets within a word, at the ends of limbs and of memory.
fn addresses() -> impl Iterator<Item = (u64, u64)> {
    let bases = [0u64, 0x1_0000 - 16, 0xfff8, 0x7fff_0000, 0x1234_5678];
    bases
        .into_iter()
        .flat_map(|base| {
            (0..17).flat_map(move |o| [(base, o), (base + o, 0), (base + o, 0xffff), (o, base)])
        })
        .filter(|(base, offset)| base + offset + 8 <= 1 << 31)
}

#[test]
fn loads_and_stores() {
    for (base, offset) in addresses() {
        for op in LOADS {
            check(&load(op, base, offset));
        }
        for op in STORES {
            check(&store(op, base, offset, 0x8899_aabb_ccdd_eeff));
        }
    }
}

#[test]
fn every_cell_is_bound() {
    let mut seed = 2;
    for (base, offset) in [
        (0xfff0u64, 0u64),
        (0x7ffe_0007, 0xfff8),
        (0x1_2342, 3),
        (0x1_2340, 4),
    ] {
        for o in 0..8 {
            for op in LOADS {
                check_all(&load(op, base + o, offset), &mut seed);
            }
            for op in STORES {
                check_all(&store(op, base + o, offset, random(&mut seed)), &mut seed);
            }
        }
    }
}

#[test]
fn no_two_cells_move_together() {
    for step in [
        load(Ld64, 0xfff0, 8),
        load(Ld32u, 0xfff4, 0),
        load(Ld8s64, 0x1_2343, 2),
        load(Ld16s32, 0x10, 2),
        store(St8, 0x1_2343, 2, 0x1234),
        store(St32, 20, 0, 1 << 40),
        store(St64, 8, 8, 5),
    ] {
        check_pairs(&step);
    }
    check_pairs(&out_of_bounds(St16, 0xffff, 0x1_0000, 2));
    check_pairs(&grow(3, 5, 8));
    check_pairs(&grow(0x1_0000, 5, 8));
    check_pairs(&grow(5, 5, 8));
}

#[test]
fn rows_do_not_mix() {
    let mut seed = 12;
    let ops = LOADS.into_iter().chain(STORES);
    let steps: Vec<Step> = ops
        .flat_map(|op| (0..24).map(move |o| (op, 0x1_2340 + o % 12, o / 12 * 3)))
        .map(|(op, base, offset)| {
            if STORES.contains(&op) {
                store(op, base, offset, base ^ 0x1234_5678)
            } else {
                load(op, base, offset)
            }
        })
        .collect();
    for _ in 0..20_000 {
        let mut pick = || &steps[random(&mut seed) as usize % steps.len()];
        let (a, b) = (pick(), pick());
        check_mixed(a, b, &mut seed);
    }
    let grows: Vec<Step> = [0, 1, 3, 4, 0xffff, 0x1_0000, 0xffff_ffff]
        .into_iter()
        .flat_map(|n| [0, 5, 8].map(|p| grow(n, p, 8)))
        .collect();
    for a in &grows {
        for b in &grows {
            check_mixed(a, b, &mut seed);
        }
    }
}

#[test]
fn traps_exactly_out_of_bounds() {
    let mut seed = 4;
    for op in LOADS.into_iter().chain(STORES) {
        let size = bytes_of(op);
        for (last, pages) in [
            (0x1_0000, 1),
            (0xffff, 0),
            (0, 0),
            (0xffff_ffff, 1),
            (0x1_ffff_fffe, 0),
            (0x8000_0000, 0x8000),
            (0x1_0003, 1),
        ] {
            let ea: u64 = (last + 1u64).saturating_sub(size);
            let base = ea.min(0xffff_ffff);
            check_all(&out_of_bounds(op, base, ea - base, pages), &mut seed);
        }
        // In bounds by one byte: no trap.
        for pages in [1u64, 2, 0x8000] {
            let step = out_of_bounds(op, pages * 0x1_0000 - size, 0, pages);
            let (chip, row) = honest(&step);
            assert!(
                accept(chip, &row).is_err(),
                "{op:?} at the end of {pages} pages"
            );
        }
    }
    let mut widest = out_of_bounds(Ld64, 0xffff_ffff, 0xffff_ffff, 0x8000);
    check_all(&widest, &mut seed);
    widest.accesses[1].old = 0;
    widest.accesses[1].new = 0;
    check_all(&widest, &mut seed);
}

/// A word index of 2^28 or more is a static word or a register; no load or store may reach one.
#[test]
fn linear_memory_cannot_alias_other_words() {
    for (op, ea) in [
        (Ld64, 1u64 << 31),
        (Ld32u, 1 << 31),
        (Ld8u, 1 << 31),
        (Ld64, (1 << 31) - 4),
        (Ld64, (1 << 31) + 0x4000_0000),
        (Ld16u, (1 << 31) - 1),
        (Ld64, (1 << 33) - 8),
    ] {
        let base = ea.min(0xffff_ffff);
        let step = load(op, base, (ea - base).min(0xffff_ffff));
        let (chip, row) = honest(&step);
        assert!(accept(chip, &row).is_err(), "{op:?} at {ea}");
    }
    for (op, ea) in [
        (St64, 1u64 << 31),
        (St32, 1 << 31),
        (St8, 1 << 31),
        (St64, (1 << 31) - 4),
        (St16, (1 << 31) - 1),
    ] {
        let (chip, row) = honest(&store(op, ea, 0, 1));
        assert!(accept(chip, &row).is_err(), "{op:?} at {ea}");
    }
    assert_eq!(MEMORY_WORDS, 1 << 28);
}

fn grow(wanted: u64, pages: u64, limit: u64) -> Step {
    let (new, value) = if wanted + pages <= limit {
        (pages + wanted, pages)
    } else {
        (pages, 0xffff_ffff)
    };
    Scene::new(Inst {
        d: 9,
        a: 3,
        imm: limit,
        ..Inst::new(Grow)
    })
    .read(3, wanted)
    .access(STATIC_BASE + SLOT_PAGES, pages, new)
    .write(9, value)
    .0
}

#[test]
fn grow_decides_for_all_sizes() {
    let mut seed = 5;
    for wanted in [
        0,
        1,
        2,
        0x7fff,
        0x8000,
        0xffff,
        0x1_0000,
        0x1_0001,
        0xffff_0000,
        0xffff_ffff,
        0x7eff_ffff,
        0x7f00_0001,
    ] {
        for pages in [0, 1, 0x7fff, 0x8000] {
            for limit in [0, 1, 2, 0x7fff, 0x8000] {
                check_all(&grow(wanted, pages, limit), &mut seed);
            }
        }
    }
}

/// Events are offered by grows that went through only, and padding offers none.
#[test]
fn grow_events_need_a_grow() {
    let count = |chip: &crate::builder::Chip| {
        chip.columns
            .iter()
            .position(|c| c == crate::chips::grow::GROW_COUNT)
            .expect("the count column")
    };
    for (wanted, allowed) in [(3, true), (4, false), (0x1_0000, false)] {
        let (chip, mut row) = honest(&grow(wanted, 5, 8));
        let at = count(chip);
        row[at] = 2;
        assert_eq!(accept(chip, &row).is_ok(), allowed);
        let mut padding = vec![0; row.len()];
        padding[at] = 1;
        assert!(accept(chip, &padding).is_err());
    }
}

#[test]
fn static_words() {
    let mut seed = 6;
    let v = 0x8899_aabb_ccdd_eeff;
    check_all(
        &Scene::new(Inst {
            d: 9,
            target: 77,
            ..Inst::new(Lds)
        })
        .access(STATIC_BASE + 77, v, v)
        .write(9, v)
        .0,
        &mut seed,
    );
    check_all(
        &Scene::new(Inst {
            a: 9,
            target: 77,
            ..Inst::new(Sts)
        })
        .read(9, v)
        .access(STATIC_BASE + 77, 5, v)
        .0,
        &mut seed,
    );
    for (index, size) in [
        (0, 1),
        (0, 0),
        (1, 1),
        (0xffff, 0x1_0000),
        (0x1_0000, 0x1_0000),
        (0x1_0000, 0x1_0001),
        (0xffff_ffff, 7),
        (3, 0x100_0000),
    ] {
        let scene = Scene::new(Inst {
            d: 9,
            a: 3,
            target: 77,
            imm: size,
            ..Inst::new(Ldt)
        })
        .read(3, index);
        let step = if index < size {
            scene
                .access(STATIC_BASE + 77 + index as u32, v, v)
                .write(9, v)
                .0
        } else {
            scene.goes_to(Trap::UndefinedElement.code()).0
        };
        check_all(&step, &mut seed);
        check_pairs(&step);
        let scene = Scene::new(Inst {
            a: 3,
            b: 4,
            target: 77,
            imm: size,
            ..Inst::new(Stt)
        })
        .read(3, index)
        .read(4, v);
        let step = if index < size {
            scene.access(STATIC_BASE + 77 + index as u32, 5, v).0
        } else {
            scene.goes_to(Trap::OutOfBoundsTableAccess.code()).0
        };
        check_all(&step, &mut seed);
        check_pairs(&step);
    }
}

/// Registers a, b and c of the block instructions.
const BLOCK_REGS: (u32, u32, u32) = (3, 4, 5);

/// A row of `copy` or `fill` whose destination is the word `to`; `second` is the source's byte address or the word.
fn block(op: ZkOp, to: u64, second: u64, end: u64) -> Step {
    let (a, b, c) = BLOCK_REGS;
    let inst = Inst {
        a,
        b,
        c,
        ..Inst::new(op)
    };
    let mut scene = Scene::new(inst);
    let fp = scene.0.fp;
    scene = scene.access(fp + a, to, to + 4);
    let moved = if op == Copy { second + 32 } else { second };
    scene = scene.access(fp + b, second, moved).read(c, end);
    if op == Copy {
        for word in second / 8..=(second + 31) / 8 {
            scene = scene.access(word as u32, memory_word(word), memory_word(word));
        }
    }
    for at in 0..4 {
        let value = match op {
            Copy => (0..8).fold(0, |v, i| v | memory_byte(second + 8 * at + i) << (8 * i)),
            _ => second,
        };
        scene = scene.access((to + at) as u32, 0x1122_3344_5566_7788 + at, value);
    }
    let pc = scene.0.pc;
    scene.goes_to(if to + 4 == end { pc + 1 } else { pc }).0
}

/// Blocks at the ends of limbs and of what they may reach.
fn blocks() -> Vec<Step> {
    let tops = [0u64, 0xfffc, 0xffff, 0xfff_fff8, 0xfff_fffb];
    let ends = [0u64, 4, 8, 0x1_0000, 0xfff_fffc, 0xfff_ffff];
    let sources = [0u64, 0xffe0, 0xfff8, 0x7fff_ffe0, 0x8000_0000, 0xbfff_ffd0];
    let mut steps = Vec::new();
    for to in tops {
        for end in ends.into_iter().chain([to + 4]) {
            steps.push(block(Fill, to, 0x8899_aabb_ccdd_eeff ^ to, end));
            for from in sources {
                for o in 0..8 {
                    steps.push(block(Copy, to, from + o, end));
                }
            }
        }
    }
    steps
}

#[test]
fn blocks_are_copied_and_filled() {
    let steps = blocks();
    steps.iter().for_each(check);
    let mut seed = 21;
    for step in steps.iter().step_by(17) {
        check_all(step, &mut seed);
    }
    for _ in 0..4000 {
        let mut pick = || &steps[random(&mut seed) as usize % steps.len()];
        let (a, b) = (pick(), pick());
        check_mixed(a, b, &mut seed);
    }
}

#[test]
fn no_two_cells_of_a_block_move_together() {
    check_pairs(&block(Copy, 0xfffe, 0xfff0, 0x1_0002));
    check_pairs(&block(Copy, 8, 0x1_0000, 16));
    check_pairs(&block(Copy, 0xfffe, 0xfff3, 0x1_0010));
    check_pairs(&block(Fill, 0xfffe, u64::MAX, 0x1_0002));
    check_pairs(&block(Fill, 0, 7, 0));
}

/// Blocks that are not in memory: a destination, or an end, at 2^28 words or above, also where it is a small number modulo
/// the field's order, and a source that ends in the stack.
#[test]
fn blocks_elsewhere_have_no_row() {
    let order = u64::from(crate::instruction::ORDER);
    let stack = u64::from(zkc_isa::STACK_BASE) * 8;
    let mut steps = Vec::new();
    for to in [0xfff_fffc, 0x1000_0000, order + 8, 0xffff_fff0] {
        steps.push(block(Copy, to, 64, to + 4));
        steps.push(block(Copy, to, 65, to + 4));
        steps.push(block(Fill, to, 1, to + 4));
    }
    for end in [0x1000_0000, order + 12, 0xffff_ffff] {
        steps.push(block(Fill, 8, 1, end));
        steps.push(block(Copy, 8, 64, end));
        // As if the end were reached.
        let mut done = block(Fill, 8, 1, end);
        done.next_pc = done.pc + 1;
        steps.push(done);
    }
    for from in [
        stack - 32,
        stack - 31,
        stack,
        stack + 0x1000,
        0xffff_ffe0 - 8,
    ] {
        steps.push(block(Copy, 8, from, 12));
    }
    for step in steps {
        let (chip, row) = honest(&step);
        let accepted = accept(chip, &row).is_ok_and(|m| m == super::demanded(&step));
        assert!(!accepted, "{step:?}");
    }
}
