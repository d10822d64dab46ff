//! Linking: functions, exports and initial words become a program.
//!
//! Functions keep the order they are given in; behind them stands one entry stub per export. A stub reads all arguments
//! first (every argument of the public statement must be read, even if the start function traps), then calls the start
//! function, then the exported one, and hands over the results.

use crate::script::{self, SCRIPT_ENTRY, ScriptStep};
use crate::{BackendError, CompiledFunc};
use std::collections::{BTreeMap, BTreeSet};
use zkc_ir::Trap;
use zkc_isa::{Entry, FIRST_PC, Inst, MAX_INSTS, Place, Program, ValueKind, ZkOp, table_word};

/// An exported function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Export {
    /// Export name.
    pub name: String,
    /// Function index.
    pub func: u32,
    /// Parameters.
    pub params: Vec<ValueKind>,
    /// Results.
    pub results: Vec<ValueKind>,
}

/// The initial value of a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InitValue {
    /// These bits.
    Const(u64),
    /// The table word of a function.
    Func {
        /// Function index.
        index: u32,
        /// Id of the function's type.
        type_id: u32,
    },
}

/// A word that is not zero when the program starts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InitWord {
    /// Word address, as in [`Program::init`].
    pub addr: u32,
    /// Value.
    pub value: InitValue,
}

/// Everything a program is made of.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LinkInput<'a> {
    /// Function index, name and code of each function, in the order in which they are to stand.
    pub functions: Vec<(u32, String, &'a CompiledFunc)>,
    /// Exported functions.
    pub exports: Vec<Export>,
    /// The function to be called before any export.
    pub start: Option<u32>,
    /// Initial memory size in pages.
    pub pages: u32,
    /// Initial words, in any order.
    pub init: Vec<InitWord>,
}

/// Links a program.
///
/// Errors: a function that is needed is not there, an address is initialised twice, a type id does not fit a table word,
/// or there are too many instructions.
pub fn link(input: LinkInput<'_>) -> Result<Program, BackendError> {
    link_with(input, None)
}

/// Links a program with one more entry, [`SCRIPT_ENTRY`], that runs a script.
///
/// Errors: as for [`link`].
pub fn link_script(input: LinkInput<'_>, steps: &[ScriptStep]) -> Result<Program, BackendError> {
    link_with(input, Some(steps))
}

fn link_with(input: LinkInput<'_>, steps: Option<&[ScriptStep]>) -> Result<Program, BackendError> {
    let mut program = Program {
        pages: input.pages,
        ..Program::default()
    };
    let mut labels = Labels::default();
    let mut pcs = BTreeMap::new();
    let mut length = 0usize;
    for (index, name, func) in &input.functions {
        pcs.insert(*index, FIRST_PC + length as u32);
        program
            .labels
            .push((FIRST_PC + length as u32, labels.unique(name)));
        length += func.insts.len();
        if length > MAX_INSTS {
            return Err(BackendError::TooManyInstructions(length));
        }
    }
    let pc_of = |index: u32| {
        pcs.get(&index)
            .copied()
            .ok_or(BackendError::MissingFunction(index))
    };
    for (number, (_, name, func)) in (0..).zip(&input.functions) {
        let base = FIRST_PC + program.insts.len() as u32;
        for (inst, loc) in func.insts.iter().zip(&func.locs) {
            let mut inst = *inst;
            if matches!(inst.op, ZkOp::Call | ZkOp::Tcall) {
                inst.target = pc_of(inst.target)?;
            } else if inst.op.form().has_target_pc() {
                inst.target += base;
            }
            program.insts.push(inst);
            program.places.push(Place {
                function: number,
                offset: loc.offset(),
            });
        }
        program.functions.push(name.clone());
    }
    let start = input.start.map(pc_of).transpose()?;
    for export in input.exports {
        let pc = FIRST_PC + program.insts.len() as u32;
        let callee = pc_of(export.func)?;
        let function = program.functions.len() as u32;
        let label = labels.unique(&format!("entry.{}", export.name));
        stub(&mut program.insts, &export, callee, start);
        program.functions.push(label.clone());
        program.labels.push((pc, label));
        program.places.resize(
            program.insts.len(),
            Place {
                function,
                offset: None,
            },
        );
        program.entries.push(Entry {
            name: export.name,
            pc,
            params: export.params,
            results: export.results,
        });
    }
    if let Some(steps) = steps {
        let function = program.functions.len() as u32;
        let label = labels.unique(SCRIPT_ENTRY);
        let pc = script::append(&mut program, steps, start, pc_of)?;
        program.functions.push(label.clone());
        program.labels.push((pc, label));
        let place = Place {
            function,
            offset: None,
        };
        program.places.resize(program.insts.len(), place);
        if program.insts.len() > MAX_INSTS {
            return Err(BackendError::TooManyInstructions(program.insts.len()));
        }
    }
    let mut words = BTreeMap::new();
    for word in input.init {
        let value = match word.value {
            InitValue::Const(value) => value,
            InitValue::Func { index, type_id } => {
                table_word(pc_of(index)?, self::type_id(type_id)?)
            }
        };
        if words.insert(word.addr, value).is_some() {
            return Err(BackendError::DuplicateInit(word.addr));
        }
    }
    program.init = words.into_iter().filter(|&(_, value)| value != 0).collect();
    Ok(program)
}

/// Lets a linked program go on after traps of these kinds, at these program counters.
///
/// Code there finds the entry frame, so it can only know from static words what was going on: a stub that runs several
/// functions writes the number of the next one to a word before it calls it, and each handler reads that word.
pub fn add_vectors(program: &mut Program, handlers: impl IntoIterator<Item = (Trap, u32)>) {
    let codes = handlers.into_iter().map(|(trap, pc)| (trap.code(), pc));
    let vectors: BTreeMap<u32, u32> = program.vectors.drain(..).chain(codes).collect();
    program.vectors = vectors.into_iter().collect();
}

/// A type id as a table word holds it.
pub(crate) fn type_id(id: u32) -> Result<u16, BackendError> {
    u16::try_from(id)
        .ok()
        .filter(|&id| id < u16::MAX)
        .ok_or(BackendError::TypeId(id))
}

/// Appends an entry stub: its frame has register 0 only, so arguments stand where the callee looks for them, and the start
/// function runs above them.
fn stub(insts: &mut Vec<Inst>, export: &Export, callee: u32, start: Option<u32>) {
    const FRAME: u32 = 1;
    let count = export.params.len() as u32;
    for index in 0..count {
        insts.push(Inst {
            d: FRAME + 1 + index,
            imm: u64::from(index),
            ..Inst::new(ZkOp::Arg)
        });
    }
    if let Some(target) = start {
        insts.push(Inst {
            target,
            imm: u64::from(FRAME + 1 + count),
            ..Inst::new(ZkOp::Call)
        });
    }
    insts.push(Inst {
        target: callee,
        imm: u64::from(FRAME),
        ..Inst::new(ZkOp::Call)
    });
    for index in 0..export.results.len() as u32 {
        insts.push(Inst {
            a: FRAME + 1 + index,
            imm: u64::from(index),
            ..Inst::new(ZkOp::Result)
        });
    }
    insts.push(Inst::new(ZkOp::Halt));
}

/// Labels given so far.
#[derive(Default)]
struct Labels(BTreeSet<String>);

impl Labels {
    /// `name`, made unique by a number if it is taken.
    fn unique(&mut self, name: &str) -> String {
        let mut label = name.to_owned();
        let mut number = 1u32;
        while !self.0.insert(label.clone()) {
            number += 1;
            label = format!("{name}.{number}");
        }
        label
    }
}
