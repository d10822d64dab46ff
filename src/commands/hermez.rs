//! `--target=hermez64`: programs of the Hermez processor as text and as ROM, and `zkc run`: zkASM of the Hermez processor on its executor model.
//!
//! A program of zkc's ends at the label `halt` with its status in A and its results in the variable `result`; any program's
//! registers are shown as they are on the last row.

use super::compile::write;
use super::{About, EXIT_TRAP, Failure, Output};
use crate::cli::{Compile, Run};
use crate::emit::Emit;
use crate::input::{self, Input};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use zkc_ir::{Diagnostic, Trap};
use zkc_isa::hermez::{self, Address, Inputs, Outcome, Program, Reg, asm};

/// Writes a program as `--emit` asks.
pub(super) fn compile(args: &Compile, output: &mut Output) -> Result<(), Failure> {
    let path = args.input.as_deref().unwrap_or(Path::new("-"));
    let program = read(path)?;
    let mut text = String::new();
    for &emit in &args.emit {
        match emit {
            Emit::Zkasm => text.push_str(&asm::print(&program)),
            Emit::RomJson => text.push_str(&format!("{:#}\n", asm::to_json(&program))),
            Emit::WasmIr | Emit::Clif | Emit::CraneliftIr | Emit::MixedIr | Emit::ZkIr => {
                let message = format!("zkASM text has no `{}`", emit.name());
                return Err(Diagnostic::error("usage", message)).about(path);
            }
        }
    }
    write(args.output.as_deref(), text, output)
}

/// Runs a program and prints status, results and counters. A trap exits with 3, a refused run with 1.
pub(super) fn run(args: &Run, output: &mut Output) -> Result<(), Failure> {
    let (path, invocation) = (&args.invocation.input, &args.invocation);
    if !invocation.invoke.is_empty() || !invocation.modules.modules.is_empty() {
        let message = "zkASM text of hermez64 has one entry and links no modules";
        return Err(Diagnostic::error("usage", message)).about(path);
    }
    let program = read(path)?;
    let inputs = Inputs {
        private: match (&invocation.input_file, &invocation.input_text) {
            (Some(file), _) => input::read_bytes(file).about(file)?,
            (None, Some(text)) => text.clone().into_bytes(),
            (None, None) => Vec::new(),
        },
        ..Inputs::default()
    };
    let max_steps = invocation.max_steps.unwrap_or(hermez::MAX_ROWS);
    let outcome = hermez::run(&program, &inputs, max_steps)
        .map_err(|refusal| Diagnostic::error("unprovable", refusal.to_string()))
        .about(path)?;
    let shown = Shown::of(&program, &outcome);
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

fn read(path: &Path) -> Result<Program, Failure> {
    let text = match input::read_input(path).about(path)? {
        Input::Zkasm(text) => text,
        Input::Wasm(_) | Input::Ir(_) => {
            let message = "`--target=hermez64` takes zkASM text";
            return Err(Diagnostic::error("usage", message)).about(path);
        }
    };
    let mut include = |from: &str, name: &str| {
        let file: PathBuf = Path::new(from).with_file_name(name);
        let bytes = input::read_bytes(&file).map_err(|d| d.message)?;
        let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
        Ok((file.display().to_string(), text))
    };
    asm::parse_with(&path.display().to_string(), &text, &mut include).about_text(path, &text)
}

/// What a run shows.
struct Shown {
    trap: Option<Trap>,
    results: Vec<Option<u64>>,
    registers: Vec<(&'static str, [u64; 2], Option<u64>)>,
}

impl Shown {
    fn of(program: &Program, outcome: &Outcome) -> Shown {
        let ours = program.find_label("halt").is_some();
        let status = outcome.registers.value(Reg::A);
        let is_status = |trap: &&Trap| ours && Some(u64::from(trap.code())) == status;
        let results = program.find_var("result").map_or(0..0, |var| {
            let (_, first) = program.address_parts(&Address::var(var, 0));
            first as u64..first as u64 + u64::from(program.var(var).len)
        });
        let registers = Reg::ALL.iter().filter(|r| r.0.is_writable());
        Shown {
            trap: Trap::ALL.iter().find(is_status).copied(),
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
        })
    }
}
