//! `zkc INPUT` and `zkc opt`.

use super::{
    About, Failure, Output, about_one, load_model, not_linked, options, report_limits, units,
};
use crate::cli::{Compile, Opt};
use crate::compiler::{Compiler, Roots};
use crate::emit::Emit;
use crate::fusion::{FusionLimits, fuse};
use crate::input::{self, Input};
use crate::zkir::ZkModule;
use std::path::Path;
use std::sync::Arc;
use zkc_ir::Diagnostic;
use zkc_passes::opt;

/// Compiles the input and writes what `--emit` asks for.
pub(super) fn compile(args: &Compile, output: &mut Output) -> Result<(), Failure> {
    let path = args.input.as_deref().unwrap_or(Path::new("-"));
    let (options, modules) = (options(&args.flags)?, &args.modules);
    if !args.invoke.is_empty() {
        let message = "`--invoke` is for `--target=hermez64`: a zk64 program has all entries";
        return Err(Diagnostic::error("usage", message)).about(path);
    }
    let only_zkasm = |what: &str| match (&args.emit[..], &args.func) {
        ([Emit::Zkasm], None) => Ok(()),
        _ => Err(Diagnostic::error(
            "usage",
            format!("{what} compiles to `--emit=zkasm` only, for the whole program"),
        )),
    };
    let text = match input::read_input(path).about(path)? {
        Input::Wasm(bytes) => {
            let compiler = Compiler::with_units(units(modules, bytes)?, &options);
            let mut text = String::new();
            if args
                .emit
                .iter()
                .any(|e| matches!(e, Emit::Zkasm | Emit::ZkIr))
            {
                let roots = match &args.func {
                    Some(name) => Roots::Named(vec![name.clone()]),
                    None => Roots::Exports,
                };
                // what is wrong with the input is told below
                let _ = report_limits(&compiler, &roots, output);
            }
            for &emit in &args.emit {
                let one = emit_one(&compiler, emit, args.func.as_deref(), &args.flags.fusion());
                text.push_str(&about_one(one, path, modules)?);
            }
            text
        }
        Input::Zkasm(_) | Input::Ir(_) if !modules.modules.is_empty() => {
            return Err(not_linked()).about(path);
        }
        Input::Zkasm(source) => {
            only_zkasm("zkASM text").about(path)?;
            zkc_isa::asm::print(&zkc_isa::asm::parse(&source).about_text(path, &source)?)
        }
        Input::Ir(source) => {
            only_zkasm("IR text").about(path)?;
            let module = ZkModule::parse(&source).about_text(path, &source)?;
            zkc_isa::asm::print(&fuse(
                &module.program().about_text(path, &source)?,
                None,
                &args.flags.fusion(),
            ))
        }
    };
    write(args.output.as_deref(), text, output)
}

fn emit_one(
    compiler: &Compiler,
    emit: Emit,
    func: Option<&str>,
    fusion: &FusionLimits,
) -> Result<String, Diagnostic> {
    match (emit, func) {
        (Emit::Zkasm, _) => {
            let roots = match func {
                None => Roots::Exports,
                Some(name) => Roots::Named(vec![name.to_string()]),
            };
            let program = compiler.program(&roots)?;
            let counts = compiler.executions(&roots)?;
            Ok(zkc_isa::asm::print(&fuse(
                &program,
                counts.as_deref(),
                fusion,
            )))
        }
        (Emit::RomJson, _) => {
            let message = "`--emit=rom-json` is for `--target=hermez64`";
            Err(Diagnostic::error("usage", message))
        }
        (Emit::ZkIr, None) => Ok(compiler.zk_module(&Roots::Exports)?.print()),
        (
            Emit::WasmIr
            | Emit::Clif
            | Emit::CraneliftIr
            | Emit::MixedIr
            | Emit::ZkIr
            | Emit::Choices
            | Emit::ChoicesJson,
            _,
        ) => compiler.emit(emit, func),
    }
}

/// Runs passes over IR text.
pub(super) fn opt(args: &Opt, output: &mut Output) -> Result<(), Failure> {
    let path = &args.file;
    let bytes = input::read_bytes(path).about(path)?;
    let source = String::from_utf8(bytes)
        .map_err(|e| {
            Diagnostic::error("malformed", "the IR is not UTF-8 text")
                .at(e.utf8_error().valid_up_to() as u64)
        })
        .about(path)?;
    let model = load_model(&args.cost_model)?;
    for pass in &args.passes {
        if pass != EGRAPH && !opt::PASSES.iter().any(|p| p.name == pass) {
            return Err(unknown_pass(pass).into());
        }
    }
    let mut module = ZkModule::parse(&source).about_text(path, &source)?;
    for (_, name, body) in &mut module.functions {
        for pass in &args.passes {
            let next = match opt::PASSES.iter().find(|p| p.name == pass) {
                Some(pass) => (pass.run)(body),
                None => crate::compiler::optimize(body, &model, args.opt)?,
            };
            verify(name, &next, pass)?;
            *body = Arc::new(next);
        }
    }
    let has_header = source.lines().any(|line| line.starts_with("module "));
    let text = if has_header {
        module.print()
    } else {
        module
            .functions
            .iter()
            .map(|(_, name, body)| zkc_ir::text::print_func(name, body))
            .collect::<Vec<_>>()
            .join("\n")
    };
    write(args.output.as_deref(), text, output)
}

/// The pass that lowers to the zk dialect by cost.
const EGRAPH: &str = "egraph";

fn unknown_pass(name: &str) -> Diagnostic {
    let mut names: Vec<&str> = opt::PASSES.iter().map(|p| p.name).collect();
    names.push(EGRAPH);
    Diagnostic::error(
        "usage",
        format!(
            "no pass is called `{name}`: expected one of {}",
            names.join(", ")
        ),
    )
}

fn verify(func: &str, body: &zkc_ir::Body, after: &str) -> Result<(), Diagnostic> {
    zkc_ir::verify(body)
        .map_err(|e| Diagnostic::error("internal", format!("after {after}: {e}")).in_function(func))
}

pub(super) fn write(path: Option<&Path>, text: String, output: &mut Output) -> Result<(), Failure> {
    match path {
        Some(path) => input::write_file(path, text.as_bytes()).about(path),
        None => {
            output.stdout.extend_from_slice(text.as_bytes());
            Ok(())
        }
    }
}
