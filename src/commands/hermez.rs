//! `--target=hermez64`: programs of the Hermez processor as text and as ROM, and `zkc run`: zkASM of the Hermez processor on its executor model.
//!
//! A program of zkc's ends at the label `halt` with its status in A, its results in the variable `result` and its output in
//! `output`; any program's registers are shown as they are on the last row.

use super::compile::write;
use super::{About, EXIT_TRAP, Failure, Output, not_linked, options, units};
use crate::cli::{Compile, CompileFlags, Modules, Run};
use crate::compiler::{Compiler, Roots};
use crate::emit::Emit;
use crate::input::{self, Input};
use crate::statement::parse_arg;
use crate::wasi;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use zkc_ir::{Diagnostic, Trap};
use zkc_isa::SLOT_OUTPUTS;
use zkc_isa::hermez::{self, Address, Inputs, Outcome, Program, Reg, asm, expand};

/// Writes a program as `--emit` asks, or what it is compiled from.
pub(super) fn compile(args: &Compile, output: &mut Output) -> Result<(), Failure> {
    let path = args.input.as_deref().unwrap_or(Path::new("-"));
    let source = read(path, &args.modules, &args.flags)?;
    let mut call = args.invoke.clone();
    if call.is_empty() {
        call.extend(args.func.clone());
    }
    let mut text = String::new();
    for &emit in &args.emit {
        match (emit, &source) {
            (Emit::Zkasm, source) => text.push_str(&asm::print(&source.written(&call, path)?)),
            (Emit::RomJson, source) => {
                let rom = asm::to_json(&source.written(&call, path)?);
                text.push_str(&format!("{rom:#}\n"));
            }
            (_, Source::Wasm(compiler)) => {
                text.push_str(&compiler.emit(emit, args.func.as_deref()).about(path)?);
            }
            (_, Source::Text(_)) => {
                let message = format!("zkASM text has no `{}`", emit.name());
                return Err(Diagnostic::error("usage", message)).about(path);
            }
        }
    }
    write(args.output.as_deref(), text, output)
}

/// Runs a program and prints status, results and counters. A trap exits with 3, a refused run with 1.
pub(super) fn run(args: &Run, output: &mut Output) -> Result<(), Failure> {
    if args.profile_out.is_some() {
        let message = "`--profile-out` is for `--target=zk64`";
        return Err(Diagnostic::error("usage", message).into());
    }
    let (path, invocation) = (&args.invocation.input, &args.invocation);
    let source = read(path, &invocation.modules, &invocation.flags)?;
    let program = source.program(&invocation.invoke, path)?;
    let wasi = source.is_wasi(path)?;
    let inputs = Inputs {
        private: match (&invocation.input_file, &invocation.input_text) {
            (Some(file), _) => input::read_bytes(file).about(file)?,
            (None, Some(text)) => text.clone().into_bytes(),
            (None, None) if wasi => super::execute::environment(invocation)?.to_input()?,
            (None, None) => Vec::new(),
        },
        ..Inputs::default()
    };
    let max_steps = invocation.max_steps.unwrap_or(hermez::MAX_ROWS);
    let outcome = hermez::run(&program, &inputs, max_steps)
        .map_err(|refusal| Diagnostic::error("unprovable", refusal.to_string()))
        .about(path)?;
    let shown = Shown::of(&program, &outcome);
    super::execute::show_output(&shown.output, wasi, args.json, output);
    if args.json {
        output.print(format!("{:#}", shown.json(&outcome)));
    } else {
        shown.print(&outcome, output);
    }
    if shown.trap.is_some() {
        output.code = EXIT_TRAP;
    }
    Ok(())
}

/// What a program comes from.
enum Source {
    /// zkASM text.
    Text(Program),
    /// Modules.
    Wasm(Compiler),
}

fn read(path: &Path, modules: &Modules, flags: &CompileFlags) -> Result<Source, Failure> {
    let text = match input::read_input(path).about(path)? {
        Input::Wasm(bytes) => {
            let compiler = Compiler::with_units(units(modules, bytes)?, &options(flags)?);
            return Ok(Source::Wasm(compiler));
        }
        Input::Zkasm(_) if !modules.modules.is_empty() => {
            return Err(not_linked()).about(path);
        }
        Input::Zkasm(text) => text,
        Input::Ir(_) => {
            let message = "`--target=hermez64` takes WebAssembly or zkASM text";
            return Err(Diagnostic::error("usage", message)).about(path);
        }
    };
    let mut include = |from: &str, name: &str| {
        let file: PathBuf = Path::new(from).with_file_name(name);
        let bytes = input::read_bytes(&file).map_err(|d| d.message)?;
        let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
        Ok((file.display().to_string(), text))
    };
    let program = asm::parse_with(&path.display().to_string(), &text, &mut include);
    Ok(Source::Text(program.about_text(path, &text)?))
}

impl Source {
    /// The program, which makes this call: a function and its arguments, `_start` if there is none.
    fn program(&self, call: &[String], path: &Path) -> Result<Cow<'_, Program>, Failure> {
        let compiler = match self {
            Source::Text(program) if call.is_empty() => return Ok(Cow::Borrowed(program)),
            Source::Text(_) => {
                let message = "zkASM text of hermez64 makes one call, which it says";
                return Err(Diagnostic::error("usage", message)).about(path);
            }
            Source::Wasm(compiler) => compiler,
        };
        let (name, args) = match call.split_first() {
            Some((name, args)) => (name.as_str(), args),
            None => (wasi::START, &[][..]),
        };
        let roots = Roots::Named(vec![name.to_owned()]);
        let kinds = compiler.parameters(&roots).about(path)?;
        let words = args
            .iter()
            .zip(&kinds)
            .map(|(text, &kind)| parse_arg(text, kind))
            .collect::<Result<Vec<u64>, _>>()?;
        if args.len() != kinds.len() {
            let (takes, given) = (kinds.len(), args.len());
            let message = format!("`{name}` takes {takes} arguments, {given} given");
            return Err(Diagnostic::error("argument", message)).about(path);
        }
        compiler.hermez(&roots, &words).map(Cow::Owned).about(path)
    }

    /// The program as it is written: what is compiled, in forms that every version of upstream's assembler reads.
    fn written(&self, call: &[String], path: &Path) -> Result<Program, Failure> {
        let mut program = self.program(call, path)?.into_owned();
        if matches!(self, Source::Wasm(_)) {
            program.split_variables();
        }
        Ok(program)
    }

    fn is_wasi(&self, path: &Path) -> Result<bool, Failure> {
        match (self, input::read_input(path).about(path)?) {
            (Source::Wasm(_), Input::Wasm(bytes)) => wasi::imported_by(&bytes).about(path),
            _ => Ok(false),
        }
    }
}

/// What a run shows.
struct Shown {
    trap: Option<Trap>,
    output: Vec<u8>,
    results: Vec<Option<u64>>,
    registers: Vec<(&'static str, [u64; 2], Option<u64>)>,
}

impl Shown {
    fn of(program: &Program, outcome: &Outcome) -> Shown {
        let ours = program.find_label("halt").is_some();
        let status = outcome.registers.value(Reg::A);
        let is_status = |trap: &&Trap| ours && Some(u64::from(trap.code())) == status;
        let address = |var| program.address_parts(&Address::var(var, 0)).1 as u64;
        let results = program.find_var("result").map_or(0..0, |var| {
            let first = address(var);
            // words that steps name are variables of their own in text
            let words = program.vars[var.0 as usize..].iter();
            let words = words.take_while(|v| v.name == "result" || v.name.starts_with("result_"));
            first..first + words.map(|v| u64::from(v.len)).sum::<u64>()
        });
        let written = match (program.find_var("static"), program.find_var("output")) {
            (Some(statics), Some(bytes)) if ours => {
                let word = |at| outcome.memory.word(at).unwrap_or(0);
                let count = word(address(statics) + u64::from(SLOT_OUTPUTS));
                let bytes = (0..count).map(|at| word(address(bytes) + at) as u8);
                bytes.take(hermez::MAX_GLOBAL_WORDS as usize).collect()
            }
            _ => Vec::new(),
        };
        let registers = Reg::ALL.iter().filter(|r| r.0.is_writable());
        Shown {
            trap: Trap::ALL.iter().find(is_status).copied(),
            output: written,
            results: results.map(|at| outcome.memory.word(at)).collect(),
            registers: registers
                .map(|&(reg, name, _)| {
                    let registers = &outcome.registers;
                    (name, registers.limbs(reg), registers.value(reg))
                })
                .collect(),
        }
    }

    fn status(&self) -> String {
        self.trap.map_or("ok".to_owned(), |t| t.to_string())
    }

    fn print(&self, outcome: &Outcome, output: &mut Output) {
        output.print(format!("status:    {}", self.status()));
        for (index, word) in self.results.iter().enumerate() {
            let word = word.map_or("not a word".to_owned(), |w| w.to_string());
            output.print(format!("result {index}:  {word}"));
        }
        for (name, limbs, value) in &self.registers {
            match value {
                Some(0) => {}
                Some(value) => output.print(format!("{name:<10} {value}")),
                None => output.print(format!("{name:<10} {limbs:x?}")),
            }
        }
        let counters = &outcome.counters;
        for (name, count) in [
            ("steps:", counters.steps),
            ("arith:", counters.arith),
            ("binary:", counters.binary),
            ("mem:", counters.mem),
            ("memAlign:", counters.mem_align),
            ("cells:", expand::area(counters)),
            ("rows:", expand::busiest(counters)),
        ] {
            output.print(format!("{name:<10} {count}"));
        }
    }

    fn json(&self, outcome: &Outcome) -> Value {
        let registers: Map<String, Value> = self
            .registers
            .iter()
            .map(|(name, limbs, value)| {
                let value = value.map_or_else(|| json!(limbs), |v| json!(v));
                ((*name).to_owned(), value)
            })
            .collect();
        json!({
            "status": self.status(),
            "results": self.results,
            "registers": registers,
            "counters": outcome.counters,
            "cells": expand::area(&outcome.counters),
            "rows": expand::busiest(&outcome.counters),
        })
    }
}
