//! Program to zkASM text.

use super::{DIRECTIVES, mnemonic, name_char, name_start};
use crate::form::Form;
use crate::program::*;
use std::collections::BTreeMap;
use std::fmt::{self, Write};
use zkc_ir::Trap;

/// Initial words on a line.
const WORDS_A_LINE: usize = 8;
/// Column at which the place comment starts.
const PLACE_COLUMN: usize = 48;

/// Prints a program as zkASM.
///
/// Targets without a label of their own get a local one, `.N`, N being the program counter; the parser does not keep those.
/// The text of an invalid program may not parse.
pub fn print(program: &Program) -> String {
    let mut out = String::new();
    Printer::new(program)
        .print(&mut out)
        .expect("writing to a string does not fail");
    out
}

/// A name as the text shows it: bare if it can be, otherwise quoted.
struct Name<'a>(&'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.starts_with(name_start)
            && self.0.chars().all(name_char)
            && !DIRECTIVES.contains(&self.0)
        {
            return f.write_str(self.0);
        }
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                c if c.is_control() || c == '\u{2028}' || c == '\u{2029}' => {
                    write!(f, "\\u{{{:x}}}", u32::from(c))?;
                }
                c => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}

/// A constant: decimal while short.
struct Constant(u64);

impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 1 << 20 {
            write!(f, "{}", self.0)
        } else {
            write!(f, "{:#x}", self.0)
        }
    }
}

struct Printer<'a> {
    program: &'a Program,
    /// Names that stand for one program counter only, by that counter; the others cannot be referred to.
    names: BTreeMap<u32, &'a str>,
    /// Program counters referred to that have no such name.
    locals: std::collections::BTreeSet<u32>,
    /// Functions whose name is another's too.
    ambiguous: std::collections::BTreeSet<&'a str>,
}

impl<'a> Printer<'a> {
    fn new(program: &'a Program) -> Printer<'a> {
        let mut uses = BTreeMap::new();
        for (_, name) in &program.labels {
            *uses.entry(name.as_str()).or_insert(0u32) += 1;
        }
        let unique = program
            .labels
            .iter()
            .filter(|(_, name)| uses.get(name.as_str()) == Some(&1));
        let mut names = BTreeMap::new();
        for (pc, name) in unique {
            names.entry(*pc).or_insert(name.as_str());
        }
        let targets = program
            .insts
            .iter()
            .filter(|inst| inst.op.form().has_target_pc())
            .map(|inst| inst.target);
        let referred = targets
            .chain(program.entries.iter().map(|entry| entry.pc))
            .chain(program.vectors.iter().map(|vector| vector.1))
            .chain(
                program
                    .fused
                    .iter()
                    .flat_map(|line| line.segments.iter().map(|s| s.pc)),
            );
        let locals = referred.filter(|pc| !names.contains_key(pc)).collect();
        let mut seen = std::collections::BTreeSet::new();
        let ambiguous = program
            .functions
            .iter()
            .map(String::as_str)
            .filter(|name| !seen.insert(*name))
            .collect();
        Printer {
            program,
            names,
            locals,
            ambiguous,
        }
    }

    fn print(&self, out: &mut String) -> fmt::Result {
        let program = self.program;
        writeln!(out, "PAGES {}", program.pages)?;
        for name in &program.functions {
            writeln!(out, "FUNCTION {}", Name(name))?;
        }
        for entry in &program.entries {
            write!(out, "ENTRY {} ", Name(&entry.name))?;
            self.target(out, entry.pc)?;
            writeln!(
                out,
                " {} -> {}",
                Kinds(&entry.params),
                Kinds(&entry.results)
            )?;
        }
        for &(status, pc) in &program.vectors {
            match Trap::from_code(status) {
                Some(trap) => write!(out, "VECTOR {trap} ")?,
                None => write!(out, "VECTOR {status} ")?,
            }
            self.target(out, pc)?;
            out.push('\n');
        }
        for line in &program.fused {
            for (i, segment) in line.segments.iter().enumerate() {
                out.push_str(if i == 0 { "FUSED " } else { ", " });
                self.target(out, segment.pc)?;
                write!(out, " {}", segment.len)?;
            }
            out.push('\n');
        }
        self.init(out)?;
        let mut labels = program.labels.iter().peekable();
        for (index, inst) in program.insts.iter().enumerate() {
            let pc = index as u32 + FIRST_PC;
            while let Some((_, name)) = labels.next_if(|(at, _)| *at == pc) {
                writeln!(out, "{}:", Name(name))?;
            }
            if self.locals.contains(&pc) {
                writeln!(out, ".{pc}:")?;
            }
            let start = out.len();
            out.push_str("  ");
            self.step(out, inst)?;
            if let Some(place) = program.places.get(index) {
                for _ in out.len() - start..PLACE_COLUMN {
                    out.push(' ');
                }
                self.place(out, place)?;
            }
            out.push('\n');
        }
        Ok(())
    }

    /// Initial words, runs of adjacent ones on a line.
    fn init(&self, out: &mut String) -> fmt::Result {
        for run in self
            .program
            .init
            .chunk_by(|a, b| a.0.checked_add(1) == Some(b.0))
        {
            for words in run.chunks(WORDS_A_LINE) {
                let addr = words[0].0;
                match addr.checked_sub(STATIC_BASE) {
                    Some(slot) => write!(out, "INIT STATIC+{slot}")?,
                    None => write!(out, "INIT {addr}")?,
                }
                for (_, value) in words {
                    write!(out, " {value:#x}")?;
                }
                out.push('\n');
            }
        }
        Ok(())
    }

    fn target(&self, out: &mut String, pc: u32) -> fmt::Result {
        match self.names.get(&pc) {
            Some(name) => write!(out, "{}", Name(name)),
            None => write!(out, ".{pc}"),
        }
    }

    fn place(&self, out: &mut String, place: &Place) -> fmt::Result {
        match self.program.functions.get(place.function as usize) {
            Some(name) if !self.ambiguous.contains(name.as_str()) => {
                write!(out, ";; {}", Name(name))?;
            }
            _ => write!(out, ";; #{}", place.function)?,
        }
        match place.offset {
            Some(offset) => write!(out, " @{offset:#x}"),
            None => Ok(()),
        }
    }

    fn step(&self, out: &mut String, inst: &Inst) -> fmt::Result {
        let form = inst.op.form();
        if form == Form::Hint {
            out.push('$');
        }
        for (position, reg) in [inst.a, inst.b, inst.c]
            .into_iter()
            .take(form.operands())
            .enumerate()
        {
            write!(out, "{}r{reg}", if position > 0 { ", " } else { "" })?;
        }
        match form {
            Form::BinaryImm | Form::BranchImm => write!(out, ", {}", Constant(inst.imm))?,
            Form::Constant => write!(out, "{}", Constant(inst.imm))?,
            _ => {}
        }
        if form.has_d() {
            write!(
                out,
                "{}=> r{}",
                if out.ends_with(' ') { "" } else { " " },
                inst.d
            )?;
        }
        if !out.ends_with(' ') {
            out.push(' ');
        }
        write!(out, ":{}", mnemonic(inst.op).to_ascii_uppercase())?;
        match form {
            Form::Load | Form::Store if inst.imm != 0 => write!(out, "(+{})", Constant(inst.imm)),
            Form::StaticLoad | Form::StaticStore => write!(out, "({})", inst.target),
            Form::TableLoad | Form::TableStore => write!(out, "({}, {})", inst.target, inst.imm),
            Form::Grow | Form::Arg | Form::Result => write!(out, "({})", inst.imm),
            Form::Jump | Form::Branch | Form::BranchImm => {
                out.push('(');
                self.target(out, inst.target)?;
                out.write_char(')')
            }
            Form::BranchTable | Form::Call => {
                out.push('(');
                self.target(out, inst.target)?;
                write!(out, ", {})", inst.imm)
            }
            Form::CallIndirect => write!(out, "({}, {})", inst.imm & 0xffff_ffff, inst.imm >> 32),
            Form::TailCallIndirect => write!(out, "({})", inst.imm >> 32),
            Form::Trap => match u32::try_from(inst.imm).ok().and_then(Trap::from_code) {
                Some(trap) => write!(out, "({trap})"),
                None => write!(out, "({})", inst.imm),
            },
            Form::Binary
            | Form::BinaryImm
            | Form::Unary
            | Form::Constant
            | Form::Select
            | Form::Blocks
            | Form::Load
            | Form::Store
            | Form::Hint
            | Form::Output
            | Form::Bare => Ok(()),
        }
    }
}

/// Types of arguments or results.
struct Kinds<'a>(&'a [ValueKind]);

impl fmt::Display for Kinds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|kind| kind.name()).collect();
        write!(f, "({})", names.join(", "))
    }
}
