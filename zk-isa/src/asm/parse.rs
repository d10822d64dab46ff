//! zkASM text to program: lines in order, then names.

use super::mnemonic;
use super::syntax::{self, Arg, At, Int, Name, Operand, PlaceText, Statement, Step};
use crate::dialect::ZkOp;
use crate::form::Form;
use crate::program::*;
use crate::validate::{Item, check};
use std::collections::BTreeMap;
use zkc_ir::{Diagnostic, Trap};

/// Errors after which parsing stops.
const MAX_ERRORS: usize = 20;

/// Parses zkASM. The program is valid.
///
/// Every diagnostic has line and column, both from 1 (columns count characters): code `malformed` for text that is not
/// zkASM, `invalid-program` for what [`crate::validate`] refuses. At most 20 are given.
pub fn parse(text: &str) -> Result<Program, Vec<Diagnostic>> {
    let mut parser = Parser {
        rows: rows(),
        ..Parser::default()
    };
    for (index, line) in text.lines().enumerate() {
        parser.line(index, line);
        if parser.errors.len() >= MAX_ERRORS {
            return Err(parser
                .errors
                .into_iter()
                .map(|error| error.diagnostic(text))
                .collect());
        }
    }
    parser.resolve();
    parser.places();
    if parser.errors.is_empty() {
        parser.sort_init();
        let Err((item, message)) = check(&parser.program) else {
            return Ok(parser.program);
        };
        let spots = match item {
            Item::Program => None,
            Item::Inst(index) => parser.inst_spots.get(index).copied(),
            Item::Entry(index) => parser.entry_spots.get(index).copied(),
            Item::Vector(index) => parser.vector_spots.get(index).copied(),
            Item::Fused(index) => parser.fused_spots.get(index).copied(),
            Item::Init(index) => parser.init_spots.get(index).copied(),
        };
        parser.errors.push(Fault {
            code: "invalid-program",
            spot: spots.unwrap_or_default(),
            message,
        });
    }
    let mut errors = parser.errors;
    errors.sort_by_key(|error| error.spot);
    errors.truncate(MAX_ERRORS);
    Err(errors
        .into_iter()
        .map(|error| error.diagnostic(text))
        .collect())
}

/// Line and byte in the line, both from 0.
type Spot = (usize, usize);

struct Fault {
    code: &'static str,
    spot: Spot,
    message: String,
}

impl Fault {
    fn diagnostic(self, text: &str) -> Diagnostic {
        let (line, at) = self.spot;
        let content = text.lines().nth(line).unwrap_or_default();
        let column = content
            .char_indices()
            .take_while(|(offset, _)| *offset < at)
            .count()
            + 1;
        Diagnostic::error(self.code, self.message).at_line(line as u32 + 1, column as u32)
    }
}

/// The rows of a mnemonic: the one with registers, the one with a constant.
type Rows = (Option<ZkOp>, Option<ZkOp>);

fn rows() -> BTreeMap<&'static str, Rows> {
    let mut rows = BTreeMap::<_, Rows>::new();
    for &op in ZkOp::ALL {
        let (reg, imm) = rows.entry(mnemonic(op)).or_default();
        match op.form() {
            Form::BinaryImm | Form::BranchImm => *imm = Some(op),
            _ => *reg = Some(op),
        }
    }
    rows
}

#[derive(Default)]
struct Parser {
    rows: BTreeMap<&'static str, Rows>,
    program: Program,
    errors: Vec<Fault>,
    inst_spots: Vec<Spot>,
    entry_spots: Vec<Spot>,
    vector_spots: Vec<Spot>,
    fused_spots: Vec<Spot>,
    init_spots: Vec<Spot>,
    has_pages: bool,
    /// Where labels stand: program counter and the number of definitions.
    labels: BTreeMap<Name, (u32, u32)>,
    /// Names to be put into instructions and entries once all labels are known.
    inst_names: Vec<(usize, At<Name>)>,
    entry_names: Vec<(usize, At<Name>)>,
    vector_names: Vec<(usize, At<Name>)>,
    /// Line and segment.
    fused_names: Vec<((usize, usize), At<Name>)>,
    place_texts: Vec<(usize, PlaceText)>,
}

/// A message and the byte of the line it is about.
type Refused = (usize, String);

impl Parser {
    fn line(&mut self, index: usize, text: &str) {
        match syntax::line(text).and_then(|line| self.add(index, line)) {
            Ok(()) => {}
            Err((at, message)) => self.error((index, at), message),
        }
    }

    fn error(&mut self, spot: Spot, message: String) {
        self.errors.push(Fault {
            code: "malformed",
            spot,
            message,
        });
    }

    fn add(&mut self, index: usize, line: syntax::Line<'_>) -> Result<(), Refused> {
        let pc =
            FIRST_PC.saturating_add(u32::try_from(self.program.insts.len()).unwrap_or(u32::MAX));
        for At { value: name, .. } in line.labels {
            self.labels.entry(name.clone()).or_insert((pc, 0)).1 += 1;
            if let Name::Kept(name) = name {
                self.program.labels.push((pc, name));
            }
        }
        let Some(At { value, at }) = line.statement else {
            return Ok(());
        };
        match value {
            Statement::Pages(pages) => {
                if std::mem::replace(&mut self.has_pages, true) {
                    return Err((at, "the number of pages is given twice".to_owned()));
                }
                self.program.pages = number(&pages, u64::from(MAX_PAGES))? as u32;
            }
            Statement::Function(name) => self.program.functions.push(name),
            Statement::Entry {
                name,
                target,
                params,
                results,
            } => {
                let pc = self.program_counter(target, |parser, name| {
                    parser
                        .entry_names
                        .push((parser.program.entries.len(), name));
                })?;
                self.program.entries.push(Entry {
                    name: name.value,
                    pc,
                    params,
                    results,
                });
                self.entry_spots.push((index, name.at));
            }
            Statement::Vector { trap, target } => {
                let status = trap_code(trap)?;
                let pc = self.program_counter(target, |parser, name| {
                    parser
                        .vector_names
                        .push((parser.program.vectors.len(), name));
                })?;
                self.program.vectors.push((status as u32, pc));
                self.vector_spots.push((index, at));
            }
            Statement::Init {
                is_static,
                addr,
                words,
            } => {
                let mut word = number(&addr, u64::from(u32::MAX))?;
                if is_static {
                    word += u64::from(STATIC_BASE);
                }
                for value in words {
                    let addr = u32::try_from(word).map_err(|_| {
                        (
                            value.at,
                            "the address of the word is not below 2^32".to_owned(),
                        )
                    })?;
                    match constant(&value, 64)? {
                        0 => {}
                        value => self.program.init.push((addr, value)),
                    }
                    self.init_spots
                        .resize(self.program.init.len(), (index, value.at));
                    word += 1;
                }
            }
            Statement::Fused(segments) => {
                let mut line = Fused::default();
                for (from, len) in segments {
                    let len = number(&len, MAX_LINE as u64)? as u32;
                    let at = (self.program.fused.len(), line.segments.len());
                    let pc = self.program_counter(from, |parser, name| {
                        parser.fused_names.push((at, name));
                    })?;
                    line.segments.push(Segment { pc, len });
                }
                self.program.fused.push(line);
                self.fused_spots.push((index, at));
            }
            Statement::Step(step) => {
                let names = self.inst_names.len();
                let inst = match self.inst(at, step) {
                    Ok(inst) => inst,
                    Err(refused) => {
                        self.inst_names.truncate(names);
                        return Err(refused);
                    }
                };
                if let Some(place) = line.comment.and_then(syntax::place) {
                    self.place_texts.push((self.program.insts.len(), place));
                }
                self.program.insts.push(inst);
                self.inst_spots.push((index, at));
            }
        }
        Ok(())
    }

    fn inst(&mut self, at: usize, step: Step) -> Result<Inst, Refused> {
        let Step {
            operands,
            dest,
            mnemonic: word,
            args,
        } = step;
        let name = word.value.as_str();
        let lower = name.to_ascii_lowercase();
        let known = if lower.to_ascii_uppercase() == name {
            self.rows.get(lower.as_str()).copied()
        } else {
            None
        };
        let Some((with_reg, with_imm)) = known else {
            return Err((word.at, format!("there is no instruction `{name}`")));
        };
        let constant_at = operands.iter().find(|o| matches!(o.value, Operand::Int(_)));
        let op = match (with_reg, with_imm, constant_at) {
            (Some(op), _, None) => op,
            (_, Some(op), Some(_)) => op,
            (Some(op), None, Some(_)) if op.form() == Form::Constant => op,
            (_, None, Some(constant)) => {
                return Err((constant.at, format!("`{name}` takes registers only")));
            }
            (None, _, None) => return Err((at, format!("`{name}` takes a constant"))),
        };
        let form = op.form();
        let mut inst = Inst::new(op);

        match (dest, form.has_d()) {
            (Some(dest), true) => inst.d = dest.value,
            (None, false) => {}
            (Some(dest), false) => return Err((dest.at, format!("`{name}` has no result"))),
            (None, true) => {
                return Err((
                    word.at,
                    format!("`{name}` has a result: expected `=>` and a register"),
                ));
            }
        }

        let mut registers = Vec::new();
        let mut rest = operands.iter();
        for operand in rest.by_ref().take(form.operands()) {
            match operand.value {
                Operand::Register(reg) => registers.push(reg),
                Operand::Int(_) | Operand::Free => {
                    return Err((operand.at, "expected a register".to_owned()));
                }
            }
        }
        if registers.len() < form.operands() {
            return Err((
                word.at,
                format!(
                    "`{name}` takes {}, not {}",
                    count(form.operands(), "register"),
                    registers.len()
                ),
            ));
        }
        let register = |position: usize| registers.get(position).copied().unwrap_or(0);
        (inst.a, inst.b, inst.c) = (register(0), register(1), register(2));
        let width = if op.is_32() { 32 } else { 64 };
        match (form, rest.next()) {
            (Form::BinaryImm | Form::BranchImm | Form::Constant, Some(operand)) => {
                inst.imm = operand_constant(operand, width)?;
            }
            (Form::BinaryImm | Form::BranchImm | Form::Constant, None) => {
                return Err((word.at, format!("`{name}` takes a constant")));
            }
            (
                Form::Hint,
                Some(At {
                    value: Operand::Free,
                    ..
                }),
            ) => {}
            (Form::Hint, _) => {
                return Err((
                    at,
                    format!("`{name}` is the prover's choice: expected `$` before `=>`"),
                ));
            }
            (_, Some(operand)) => {
                return Err((
                    operand.at,
                    format!("`{name}` takes {}", count(form.operands(), "register")),
                ));
            }
            (_, None) => {}
        }
        if let Some(operand) = rest.next() {
            return Err((operand.at, format!("`{name}` takes no further operand")));
        }
        self.args(&mut inst, name, word.at, args)?;
        Ok(inst)
    }

    /// Puts the arguments in parentheses into an instruction.
    fn args(
        &mut self,
        inst: &mut Inst,
        name: &str,
        at: usize,
        args: Vec<At<Arg>>,
    ) -> Result<(), Refused> {
        let form = inst.op.form();
        let (least, most) = match form {
            Form::Load | Form::Store => (0, 1),
            Form::StaticLoad
            | Form::StaticStore
            | Form::Grow
            | Form::Arg
            | Form::Result
            | Form::Jump
            | Form::Branch
            | Form::BranchImm
            | Form::TailCallIndirect
            | Form::Trap => (1, 1),
            Form::TableLoad
            | Form::TableStore
            | Form::BranchTable
            | Form::Call
            | Form::CallIndirect => (2, 2),
            Form::Binary
            | Form::BinaryImm
            | Form::Unary
            | Form::Constant
            | Form::Select
            | Form::Blocks
            | Form::Hint
            | Form::Output
            | Form::Bare => (0, 0),
        };
        if let Some(surplus) = args.get(most) {
            return Err((
                surplus.at,
                format!("`{name}` takes {} in parentheses", count(most, "argument")),
            ));
        }
        if args.len() < least {
            return Err((
                at,
                format!(
                    "`{name}` takes {} in parentheses, not {}",
                    count(least, "argument"),
                    args.len()
                ),
            ));
        }
        let mut args = args.into_iter();
        let (Some(first), second) = (args.next(), args.next()) else {
            return Ok(());
        };
        match form {
            Form::StaticLoad | Form::StaticStore | Form::TableLoad | Form::TableStore => {
                inst.target = arg_number(first, u64::from(u32::MAX))? as u32;
            }
            Form::Jump | Form::Branch | Form::BranchImm | Form::BranchTable | Form::Call => {
                inst.target = self.program_counter(first, |parser, name| {
                    parser.inst_names.push((parser.program.insts.len(), name));
                })?;
            }
            Form::CallIndirect => inst.imm = arg_number(first, u64::from(u32::MAX))?,
            Form::TailCallIndirect => inst.imm = arg_number(first, u64::from(u32::MAX))? << 32,
            Form::Trap => inst.imm = trap_code(first)?,
            _ => inst.imm = arg_number(first, u64::MAX)?,
        }
        match (form, second) {
            (Form::CallIndirect, Some(ty)) => {
                inst.imm |= arg_number(ty, u64::from(u32::MAX))? << 32;
            }
            (_, Some(second)) => inst.imm = arg_number(second, u64::MAX)?,
            (_, None) => {}
        }
        Ok(())
    }

    /// The program counter an argument gives; a name is handed to `later` and gives 0 until it is resolved.
    fn program_counter(
        &mut self,
        arg: At<Arg>,
        later: impl FnOnce(&mut Parser, At<Name>),
    ) -> Result<u32, Refused> {
        match arg.value {
            Arg::Int(value) => Ok(number(&At { value, at: arg.at }, u64::from(u32::MAX))? as u32),
            Arg::Name(value) => {
                later(self, At { value, at: arg.at });
                Ok(0)
            }
        }
    }

    fn resolve(&mut self) {
        let find = |labels: &BTreeMap<Name, (u32, u32)>, name: &Name| {
            let (Name::Kept(text) | Name::Local(text)) = name;
            match labels.get(name) {
                None => Err(format!("there is no label `{text}`")),
                Some((pc, 1)) => Ok(*pc),
                Some((_, times)) => Err(format!("label `{text}` is defined {times} times")),
            }
        };
        for (index, name) in std::mem::take(&mut self.inst_names) {
            match find(&self.labels, &name.value) {
                Ok(pc) => self
                    .program
                    .insts
                    .get_mut(index)
                    .map_or((), |inst| inst.target = pc),
                Err(message) => {
                    let line = self.inst_spots.get(index).map_or(0, |spot| spot.0);
                    self.error((line, name.at), message);
                }
            }
        }
        for (index, name) in std::mem::take(&mut self.vector_names) {
            match find(&self.labels, &name.value) {
                Ok(pc) => self
                    .program
                    .vectors
                    .get_mut(index)
                    .map_or((), |vector| vector.1 = pc),
                Err(message) => {
                    let line = self.vector_spots.get(index).map_or(0, |spot| spot.0);
                    self.error((line, name.at), message);
                }
            }
        }
        for ((index, segment), name) in std::mem::take(&mut self.fused_names) {
            match find(&self.labels, &name.value) {
                Ok(pc) => self.program.fused[index].segments[segment].pc = pc,
                Err(message) => {
                    let line = self.fused_spots.get(index).map_or(0, |spot| spot.0);
                    self.error((line, name.at), message);
                }
            }
        }
        for (index, name) in std::mem::take(&mut self.entry_names) {
            match find(&self.labels, &name.value) {
                Ok(pc) => self
                    .program
                    .entries
                    .get_mut(index)
                    .map_or((), |entry| entry.pc = pc),
                Err(message) => {
                    let line = self.entry_spots.get(index).map_or(0, |spot| spot.0);
                    self.error((line, name.at), message);
                }
            }
        }
    }

    /// Comments that name a function are places; an instruction without one is in the function of the one before it.
    fn places(&mut self) {
        let mut functions = BTreeMap::new();
        for (index, name) in self.program.functions.iter().enumerate() {
            functions
                .entry(name.as_str())
                .and_modify(|f| *f = None)
                .or_insert(u32::try_from(index).ok());
        }
        let count = self.program.functions.len();
        let mut known = self.place_texts.iter().filter_map(|(index, place)| {
            let function = match &place.function {
                Ok(name) => functions.get(name.as_str()).copied().flatten()?,
                Err(number) => {
                    (usize::try_from(*number).is_ok_and(|n| n < count)).then_some(*number)?
                }
            };
            Some((
                *index,
                Place {
                    function,
                    offset: place.offset,
                },
            ))
        });
        let Some(mut next) = known.next() else { return };
        let mut places = vec![
            Place {
                function: next.1.function,
                offset: None
            };
            next.0
        ];
        loop {
            let (index, place) = next;
            let function = place.function;
            places.resize(
                index,
                Place {
                    function,
                    offset: None,
                },
            );
            places.push(place);
            let Some(following) = known.next() else {
                places.resize(
                    self.program.insts.len(),
                    Place {
                        function,
                        offset: None,
                    },
                );
                break;
            };
            places.resize(
                following.0,
                Place {
                    function,
                    offset: None,
                },
            );
            next = following;
        }
        self.program.places = places;
    }

    /// Initial words may stand in any order in the text.
    fn sort_init(&mut self) {
        let mut words: Vec<_> = self
            .program
            .init
            .iter()
            .copied()
            .zip(self.init_spots.iter().copied())
            .collect();
        words.sort_by_key(|((addr, _), _)| *addr);
        (self.program.init, self.init_spots) = words.into_iter().unzip();
    }
}

fn count(n: usize, what: &str) -> String {
    match n {
        0 => format!("no {what}"),
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

/// An integer that is not negative and at most `most`.
fn number(int: &At<Int>, most: u64) -> Result<u64, Refused> {
    if int.value.negative && int.value.magnitude != 0 {
        return Err((int.at, "a negative number cannot stand here".to_owned()));
    }
    if int.value.magnitude > most {
        return Err((
            int.at,
            format!(
                "{} is above {most}, the most possible here",
                int.value.magnitude
            ),
        ));
    }
    Ok(int.value.magnitude)
}

/// A constant of so many bits; negative ones in two's complement.
fn constant(int: &At<Int>, bits: u32) -> Result<u64, Refused> {
    let Int {
        negative,
        magnitude,
    } = int.value;
    let most = u64::MAX >> (64 - bits);
    if magnitude > if negative { 1 << (bits - 1) } else { most } {
        let sign = if negative { "-" } else { "" };
        return Err((
            int.at,
            format!("{sign}{magnitude} does not fit {bits} bits"),
        ));
    }
    Ok(if negative {
        magnitude.wrapping_neg() & most
    } else {
        magnitude
    })
}

fn operand_constant(operand: &At<Operand>, bits: u32) -> Result<u64, Refused> {
    match operand.value {
        Operand::Int(value) => constant(
            &At {
                value,
                at: operand.at,
            },
            bits,
        ),
        Operand::Register(_) | Operand::Free => Err((operand.at, "expected a constant".to_owned())),
    }
}

fn arg_number(arg: At<Arg>, most: u64) -> Result<u64, Refused> {
    match arg.value {
        Arg::Int(value) => number(&At { value, at: arg.at }, most),
        Arg::Name(_) => Err((arg.at, "expected a number".to_owned())),
    }
}

/// A trap's name or its code.
fn trap_code(arg: At<Arg>) -> Result<u64, Refused> {
    match arg.value {
        Arg::Int(value) => number(&At { value, at: arg.at }, u64::from(u32::MAX)),
        Arg::Name(Name::Kept(name) | Name::Local(name)) => match Trap::from_name(&name) {
            Some(trap) => Ok(u64::from(trap.code())),
            None => Err((arg.at, format!("there is no trap `{name}`"))),
        },
    }
}
