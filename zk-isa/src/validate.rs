//! What every program must satisfy before it is printed, run or committed to.
//!
//! The executor relies on these checks: a valid program can fail only in the ways [`crate::ExecError`] names.

use crate::form::Form;
use crate::program::*;
use std::collections::BTreeSet;
use zkc_ir::{Diagnostic, Trap};

/// Most instructions a program may have (2^24, less the program counters below [`FIRST_PC`]).
pub const MAX_INSTS: usize = (1 << 24) - FIRST_PC as usize;

/// The part of a program that is at fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Item {
    Program,
    Inst(usize),
    Entry(usize),
    Vector(usize),
    Init(usize),
    Fused(usize),
}

/// Checks a program: registers at most [`MAX_REG`], no destination 0, unused fields zero, targets that hold instructions,
/// constants within their instruction's range, initial words ascending, non-zero and in existing pages or static words,
/// entries, trap vectors, fused lines, places and labels that point into the program.
///
/// The diagnostic has code `invalid-program` and the function of the instruction at fault.
pub fn validate(program: &Program) -> Result<(), Diagnostic> {
    check(program).map_err(|(item, message)| {
        let diagnostic = Diagnostic::error("invalid-program", message);
        let Item::Inst(index) = item else {
            return diagnostic;
        };
        let diagnostic =
            diagnostic.note(format!("at program counter {}", index + FIRST_PC as usize));
        match program
            .places
            .get(index)
            .and_then(|p| program.functions.get(p.function as usize))
        {
            Some(name) => diagnostic.in_function(name),
            None => diagnostic,
        }
    })
}

/// Checks the fused lines.
fn fused(program: &Program) -> Result<(), (Item, String)> {
    if program.fused.len() > MAX_LINES {
        let message = format!("a program has at most {MAX_LINES} fused lines");
        return Err((Item::Program, message));
    }
    let all = program.fused.iter().map(Fused::size);
    if all.fold(0, usize::saturating_add) > MAX_FUSED {
        let message = format!("all fused lines together have at most {MAX_FUSED} instructions");
        return Err((Item::Program, message));
    }
    for (index, line) in program.fused.iter().enumerate() {
        let fail = |message: String| Err((Item::Fused(index), message));
        let size: u64 = line.segments.iter().map(|s| u64::from(s.len)).sum();
        if !(2..=MAX_LINE as u64).contains(&size) {
            return fail(format!("a fused line has 2 to {MAX_LINE} instructions"));
        }
        for pc in line.pcs() {
            match program.at(pc) {
                None => {
                    return fail(format!(
                        "the fused line names program counter {pc}, which holds no instruction"
                    ));
                }
                Some(inst) if !inst.op.fusible() => {
                    let name = inst.op.opcode().def().name;
                    return fail(format!(
                        "`{name}` at program counter {pc} cannot stand in a fused line"
                    ));
                }
                Some(_) => {}
            }
        }
    }
    Ok(())
}

pub(crate) fn check(program: &Program) -> Result<(), (Item, String)> {
    let fail = |message: String| Err((Item::Program, message));
    if program.insts.len() > MAX_INSTS {
        return fail(format!(
            "a program has at most {MAX_INSTS} instructions, this one has {}",
            program.insts.len()
        ));
    }
    if program.pages > MAX_PAGES {
        return fail(format!(
            "a memory has at most {MAX_PAGES} pages, this one has {}",
            program.pages
        ));
    }
    if !program.places.is_empty() && program.places.len() != program.insts.len() {
        return fail(format!(
            "{} places for {} instructions",
            program.places.len(),
            program.insts.len()
        ));
    }
    for (index, inst) in program.insts.iter().enumerate() {
        inst_fault(program, inst).map_or(Ok(()), |message| Err((Item::Inst(index), message)))?;
    }
    for (index, place) in program.places.iter().enumerate() {
        if place.function as usize >= program.functions.len() {
            return Err((
                Item::Inst(index),
                format!(
                    "the place names function {}, which does not exist",
                    place.function
                ),
            ));
        }
    }
    let mut names = BTreeSet::new();
    for (index, entry) in program.entries.iter().enumerate() {
        if program.at(entry.pc).is_none() {
            return Err((
                Item::Entry(index),
                format!(
                    "entry `{}` is at program counter {}, which holds no instruction",
                    entry.name, entry.pc
                ),
            ));
        }
        if !names.insert(&entry.name) {
            return Err((
                Item::Entry(index),
                format!("entry `{}` is defined twice", entry.name),
            ));
        }
    }
    let mut before = 0;
    for (index, &(status, pc)) in program.vectors.iter().enumerate() {
        let fault = if Trap::from_code(status).is_none() {
            Some(format!("{status} is not the code of a trap"))
        } else if before >= status {
            Some("vectors must stand in ascending order of their traps, each once".to_owned())
        } else if program.at(pc).is_none() {
            Some(format!(
                "the vector goes to program counter {pc}, which holds no instruction"
            ))
        } else {
            None
        };
        if let Some(message) = fault {
            return Err((Item::Vector(index), message));
        }
        before = status;
    }
    fused(program)?;
    let mut previous = None;
    for (index, &(addr, value)) in program.init.iter().enumerate() {
        let fault = if previous.is_some_and(|p| p >= addr) {
            Some("initial words must stand in ascending order of address, each once".to_owned())
        } else if value == 0 {
            Some(format!(
                "initial word {addr} is zero, which every word is anyway"
            ))
        } else if addr >= STACK_BASE {
            Some(format!("initial word {addr} lies beyond the static words"))
        } else if addr == STATIC_BASE + SLOT_PAGES {
            Some(
                "the memory size is given by the number of pages, not by an initial word"
                    .to_owned(),
            )
        } else if addr == STATIC_BASE + SLOT_OUTPUTS {
            Some("the count of output bytes starts at zero".to_owned())
        } else if addr < STATIC_BASE && addr / PAGE_WORDS >= program.pages {
            Some(format!(
                "initial word {addr} lies beyond the memory's {} pages",
                program.pages
            ))
        } else {
            None
        };
        if let Some(message) = fault {
            return Err((Item::Init(index), message));
        }
        previous = Some(addr);
    }
    if let Some(pair) = program.labels.windows(2).find(|pair| pair[0].0 > pair[1].0) {
        return fail(format!("label `{}` stands after a later one", pair[1].1));
    }
    if let Some((pc, name)) = program
        .labels
        .iter()
        .find(|(pc, _)| program.at(*pc).is_none())
    {
        return fail(format!(
            "label `{name}` is at program counter {pc}, which holds no instruction"
        ));
    }
    Ok(())
}

/// What is wrong with an instruction, if anything.
fn inst_fault(program: &Program, inst: &Inst) -> Option<String> {
    let form = inst.op.form();
    let name = inst.op.opcode().def().name;
    if *inst != inst.normalized() {
        return Some(format!("`{name}` has a value in a field it does not use"));
    }
    if let Some(reg) = [inst.d, inst.a, inst.b, inst.c]
        .into_iter()
        .find(|&reg| reg > MAX_REG)
    {
        return Some(format!(
            "register r{reg} does not exist, the last one is r{MAX_REG}"
        ));
    }
    if form.has_d() && inst.d == 0 {
        return Some(format!(
            "`{name}` may not write register r0, which holds the return address"
        ));
    }
    if form.has_target_pc() && program.at(inst.target).is_none() {
        return Some(format!(
            "`{name}` goes to program counter {}, which holds no instruction",
            inst.target
        ));
    }
    if form.has_slot() && inst.target >= STATIC_WORDS {
        return Some(format!(
            "static slot {} does not exist, there are {STATIC_WORDS}",
            inst.target
        ));
    }
    let below = |limit: u64, what: &str| {
        (inst.imm >= limit)
            .then(|| format!("{what} of `{name}` must be below {limit}, not {}", inst.imm))
    };
    match form {
        Form::BinaryImm | Form::BranchImm => match inst.op.shift_width() {
            Some(width) => below(width.into(), "the amount"),
            None if inst.op.is_32() => below(1 << 32, "the constant"),
            None => None,
        },
        Form::Load | Form::Store => below(1 << 32, "the offset"),
        Form::StaticStore | Form::TableStore if inst.target < FIRST_SLOT => {
            Some(format!("static slot {} is the machine's own", inst.target))
        }
        Form::TableLoad | Form::TableStore => {
            below(u64::from(STATIC_WORDS - inst.target) + 1, "the size")
        }
        Form::Blocks if inst.a == 0 || inst.b == 0 => Some(format!(
            "`{name}` may not write register r0, which holds the return address"
        )),
        Form::Blocks if inst.a == inst.b || inst.a == inst.c || inst.b == inst.c => {
            Some(format!("`{name}` takes three different registers"))
        }
        Form::Grow => below(u64::from(MAX_PAGES) + 1, "the limit"),
        Form::Arg | Form::Result => below(1 << 16, "the index"),
        Form::BranchTable => {
            let last = u64::from(inst.target).checked_add(inst.imm)?;
            let exists = u32::try_from(last).is_ok_and(|pc| program.at(pc).is_some());
            (!exists).then(|| {
                format!(
                    "`{name}` has {} targets from program counter {}, not all hold instructions",
                    inst.imm.saturating_add(1),
                    inst.target
                )
            })
        }
        Form::Call => frame_offset_fault(inst.imm),
        Form::CallIndirect => match inst.imm >> 32 {
            0..0xffff => frame_offset_fault(inst.imm & 0xffff_ffff),
            ty => Some(format!("type id {ty} is not below 65535")),
        },
        Form::TailCallIndirect if inst.imm & 0xffff_ffff != 0 => {
            Some(format!("`{name}` moves no frame"))
        }
        Form::TailCallIndirect => match inst.imm >> 32 {
            0..0xffff => None,
            ty => Some(format!("type id {ty} is not below 65535")),
        },
        Form::Trap => {
            let known = u32::try_from(inst.imm).ok().and_then(Trap::from_code);
            known
                .is_none()
                .then(|| format!("{} is not the code of a trap", inst.imm))
        }
        Form::Binary
        | Form::Unary
        | Form::Constant
        | Form::Select
        | Form::StaticLoad
        | Form::StaticStore
        | Form::Blocks
        | Form::Hint
        | Form::Output
        | Form::Jump
        | Form::Branch
        | Form::Bare => None,
    }
}

fn frame_offset_fault(k: u64) -> Option<String> {
    (!(1..1 << 16).contains(&k))
        .then(|| format!("a call moves the frame by 1 to 65535 registers, not by {k}"))
}
