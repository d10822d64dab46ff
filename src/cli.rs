//! The command line: flags only. What they do stands in `commands`.

use crate::dropped::Part;
use crate::emit::{EMIT_KINDS, Emit};
use crate::fusion::FusionLimits;
use crate::render::ErrorFormat;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::str::FromStr;
use zkc_isa::Target;

/// Compiles WebAssembly to zkASM, runs it and proves the run.
#[derive(Parser, Debug)]
#[command(
    name = "zkc",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    arg_required_else_help = true
)]
pub struct Cli {
    /// What to do; without a command, INPUT is compiled.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Compilation of INPUT.
    #[command(flatten)]
    pub compile: Compile,
    /// How diagnostics are written.
    #[arg(long, value_enum, default_value_t, global = true)]
    pub error_format: ErrorFormat,
    /// Print the time each stage took, on stderr.
    #[arg(long, global = true)]
    pub time_passes: bool,
}

/// Commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run passes over IR text.
    Opt(Opt),
    /// Compile and execute a function; results on stdout, one per line.
    Run(Run),
    /// Compile, execute and prove a function's run, then verify the proof.
    Prove(Prove),
    /// Verify a proof: exit code 0 if it holds, 1 if not.
    Verify(Verify),
    /// Run or prove a script of the official test suite's kind: exit code 0 if nothing fails, 1 if something does.
    Spec(Spec),
    /// Run a function and show what fusing lines of its instructions saves.
    Mine(Mine),
    /// Show, check or derive cost models.
    CostModel(CostModelArgs),
    /// Show which lowerings differ between cost models, and what each saves.
    Compare(Compare),
    /// Compile a program for many cost models and price what each chooses.
    Sweep(Sweep),
    /// Leave out each rule, group of rules and pass in turn and show what that costs.
    Ablate(Ablate),
    /// Time the prover on this machine and fit the cost model `seconds`, and with it the time of proofs.
    Calibrate(Calibrate),
    /// List the rewrite rules and what is proven of them: exit code 0 if every rule is proven, 1 if not.
    Rules(Rules),
    /// Print a shell completion script.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man,
}

/// Flags of every command that compiles.
#[derive(Args, Debug, Clone)]
pub struct CompileFlags {
    /// Optimisation level: 0 lowers each op one to one, 1 a few rewrites, 2 all.
    #[arg(short = 'O', value_name = "LEVEL", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=2))]
    pub opt: u8,
    /// Cost model: a name or a TOML file; by default the target's own, `cells` or `hermez`. Commands that compare take several.
    #[arg(long, value_name = "MODEL")]
    pub cost_model: Vec<String>,
    /// How often blocks ran, from `zkc run --profile-out`: the e-graph weighs blocks by it instead of by loop depth.
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// The processor: zk64, whose runs can be proven, or hermez64, whose programs are upstream's zkASM.
    #[arg(long, value_name = "TARGET", default_value_t)]
    pub target: Target,
    /// Limit of the linear memory in pages of 64 KiB.
    #[arg(long, value_name = "N", default_value_t = zkc_isa::MAX_PAGES, value_parser = clap::value_parser!(u32).range(0..=zkc_isa::MAX_PAGES as i64))]
    pub max_pages: u32,
    /// Threads that compile functions; 0 is one per processor. The output does not depend on it.
    #[arg(short, long, value_name = "N", default_value_t = 0)]
    pub jobs: usize,
    /// Cells of width that the chips of fused lines may have together; 0 fuses nothing. Proofs of long loops get cheaper and
    /// proofs larger, by about 0.8 KB a cell. What the program does is the same.
    #[arg(long, value_name = "WIDTH", default_value_t = FusionLimits::default().width)]
    pub fuse: u64,
    /// Executions from which on a line is fused: as profiled or estimated for the program's key, as counted in a run for its proof.
    #[arg(long, value_name = "N", default_value_t = FusionLimits::default().executions)]
    pub fuse_from: u64,
    /// Let Cranelift's own optimiser run first, for comparison.
    #[arg(long)]
    pub clif_opt: bool,
    /// Leave out rewrite rules, for comparison: each op is lowered by itself, to its cheapest instruction.
    #[arg(long)]
    pub no_egraph: bool,
    /// Leave out rewrite rules, groups of rules or passes, by name, comma-separated, for comparison.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub drop: Vec<String>,
}

impl CompileFlags {
    /// The limits of fusing.
    pub fn fusion(&self) -> FusionLimits {
        FusionLimits {
            width: self.fuse,
            executions: self.fuse_from,
            ..FusionLimits::default()
        }
    }
}

/// A module that others import from: `NAME=FILE`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModuleArg {
    /// The name imports have.
    pub name: String,
    /// `.wasm` or `.wat`.
    pub file: PathBuf,
}

impl FromStr for ModuleArg {
    type Err = String;

    fn from_str(text: &str) -> Result<ModuleArg, String> {
        match text.split_once('=') {
            Some((name, file)) if !file.is_empty() => Ok(ModuleArg {
                name: name.to_owned(),
                file: file.into(),
            }),
            Some(_) | None => Err("expected NAME=FILE".to_owned()),
        }
    }
}

/// Modules besides the input.
#[derive(Args, Debug, Clone, Default)]
pub struct Modules {
    /// A WebAssembly module that later ones and the input import from under this name; instantiated before them, in order.
    #[arg(long = "module", value_name = "NAME=FILE")]
    pub modules: Vec<ModuleArg>,
}

/// Compilation.
#[derive(Args, Debug)]
pub struct Compile {
    /// Input: `.wasm`, `.wat`, or `-` for stdin.
    #[arg(required = true)]
    pub input: Option<PathBuf>,
    /// Output file; stdout by default.
    #[arg(short, long)]
    pub output: Option<PathBuf>,
    /// What to write, comma-separated.
    #[arg(long, value_name = "KIND", value_delimiter = ',', default_value = "zkasm", value_parser = emit_kind, long_help = emit_help())]
    pub emit: Vec<Emit>,
    /// Only this function, by name.
    #[arg(long, value_name = "NAME")]
    pub func: Option<String>,
    /// The call that a hermez64 program makes: an exported function and its arguments, which are constants of the text.
    #[arg(long, value_names = ["NAME", "ARGS"], num_args = 1.., allow_negative_numbers = true)]
    pub invoke: Vec<String>,
    /// Modules besides the input.
    #[command(flatten)]
    pub modules: Modules,
    /// Flags of compilation.
    #[command(flatten)]
    pub flags: CompileFlags,
}

/// `zkc opt`.
#[derive(Args, Debug)]
pub struct Opt {
    /// IR text (`.zkir`), or `-` for stdin.
    pub file: PathBuf,
    /// Passes to run, comma-separated; none only parses, verifies and prints.
    #[arg(long, value_delimiter = ',')]
    pub passes: Vec<String>,
    /// Output file; stdout by default.
    #[arg(short, long)]
    pub output: Option<PathBuf>,
    /// Cost model for passes that choose by cost.
    #[arg(long, value_name = "MODEL", default_value = "cells")]
    pub cost_model: String,
    /// Optimisation level of passes that have one.
    #[arg(short = 'O', value_name = "LEVEL", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=2))]
    pub opt: u8,
}

/// Which function to run on what.
#[derive(Args, Debug)]
pub struct Invocation {
    /// Input: `.wasm`, `.wat`, `.zkasm`, or `-` for stdin.
    pub input: PathBuf,
    /// Exported function and its arguments: decimal (signed or unsigned) or `0x` hex. `_start` by default.
    #[arg(long, value_names = ["NAME", "ARGS"], num_args = 1.., allow_negative_numbers = true)]
    pub invoke: Vec<String>,
    /// Environment of a WASI program.
    #[command(flatten)]
    pub wasi: Wasi,
    /// Private input stream: a file.
    #[arg(long = "input", value_name = "FILE", id = "input_file")]
    pub input_file: Option<PathBuf>,
    /// Private input stream: this text.
    #[arg(long, value_name = "TEXT", conflicts_with = "input_file")]
    pub input_text: Option<String>,
    /// Show results in hex.
    #[arg(long)]
    pub hex: bool,
    /// Stop after this many steps: a longer run has status `step-limit`, which can be proven. Without it, a run of more than
    /// 2^32 steps is an error.
    #[arg(long, value_name = "N")]
    pub max_steps: Option<u64>,
    /// Modules besides the input.
    #[command(flatten)]
    pub modules: Modules,
    /// Flags of compilation.
    #[command(flatten)]
    pub flags: CompileFlags,
}

/// What a WASI program may ask its host for. Arguments become public when it does; the rest is private input.
#[derive(Args, Debug)]
#[group(id = "wasi_flags", multiple = true, conflicts_with_all = ["input_file", "input_text"])]
pub struct Wasi {
    /// Argument of a WASI program, behind the program's name; repeatable.
    #[arg(long = "arg", value_name = "TEXT", allow_hyphen_values = true)]
    pub args: Vec<String>,
    /// Environment variable of a WASI program; repeatable.
    #[arg(long = "env", value_name = "NAME=VALUE")]
    pub vars: Vec<String>,
    /// Standard input of a WASI program: a file, or `-`.
    #[arg(long, value_name = "FILE")]
    pub stdin: Option<PathBuf>,
    /// What a WASI program's random bytes are made from; 0 by default.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// More arguments of a WASI program.
    #[arg(last = true, value_name = "TEXT")]
    pub more_args: Vec<String>,
}

impl Wasi {
    /// Whether any flag is there.
    pub fn given(&self) -> bool {
        let lists = [&self.args, &self.vars, &self.more_args];
        lists.iter().any(|l| !l.is_empty()) || self.stdin.is_some() || self.seed.is_some()
    }
}

/// `zkc run`.
#[derive(Args, Debug)]
pub struct Run {
    /// What to run.
    #[command(flatten)]
    pub invocation: Invocation,
    /// Print status, results and what the run costs as JSON: rows, padding and cells of every chip (zk64), registers and
    /// counters (hermez64).
    #[arg(long)]
    pub json: bool,
    /// Print rows, padding and cells of every chip, on stderr.
    #[arg(long)]
    pub chips: bool,
    /// Write how often each block ran, for `--profile`.
    #[arg(long, value_name = "FILE")]
    pub profile_out: Option<PathBuf>,
    /// Tell how long a proof of the run takes, from the fit in this cost model: `seconds` or a file that `zkc calibrate` wrote.
    #[arg(long, value_name = "MODEL")]
    pub predict: Option<String>,
}

/// `zkc mine`.
#[derive(Args, Debug)]
pub struct Mine {
    /// What to run.
    #[command(flatten)]
    pub invocation: Invocation,
    /// Lines and pairs shown.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub top: usize,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Security levels.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum SecurityLevel {
    /// At least 100 bits by a proven bound.
    #[default]
    Default,
    /// Fewer queries, for tests: faster, smaller, and not secure.
    Test,
}

/// `zkc prove`.
#[derive(Args, Debug)]
pub struct Prove {
    /// What to prove.
    #[command(flatten)]
    pub invocation: Invocation,
    /// Where the proof goes.
    #[arg(short, long, value_name = "P.proof")]
    pub output: Option<PathBuf>,
    /// Where the verifying key goes.
    #[arg(long, value_name = "P.vk")]
    pub vk: Option<PathBuf>,
    /// Where the public statement goes.
    #[arg(long, value_name = "P.json")]
    pub public: Option<PathBuf>,
    /// Where the statistics go, as JSON.
    #[arg(long, value_name = "S.json")]
    pub stats: Option<PathBuf>,
    /// Print the statistics as JSON instead of the report.
    #[arg(long)]
    pub json: bool,
    /// Print rows, padding and cells of every chip.
    #[arg(long)]
    pub chips: bool,
    /// Tell how long a proof of the run takes, from the fit in this cost model: `seconds` or a file that `zkc calibrate` wrote.
    #[arg(long, value_name = "MODEL")]
    pub predict: Option<String>,
    /// Security of the proof.
    #[arg(long, value_enum, default_value_t)]
    pub security: SecurityLevel,
}

/// `zkc verify`.
#[derive(Args, Debug)]
pub struct Verify {
    /// The proof.
    pub proof: PathBuf,
    /// The verifying key.
    #[arg(long, value_name = "P.vk")]
    pub vk: PathBuf,
    /// The public statement.
    #[arg(long, value_name = "P.json")]
    pub public: PathBuf,
    /// Security the proof must have.
    #[arg(long, value_enum, default_value_t)]
    pub security: SecurityLevel,
    /// Print the terms of the security bound.
    #[arg(short, long)]
    pub verbose: bool,
}

/// Versions of WebAssembly.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum WasmVersion {
    /// WebAssembly 2.0, without what came later.
    #[value(name = "2.0")]
    V2,
    /// All that zkc has.
    #[default]
    Latest,
}

/// `zkc spec`.
#[derive(Args, Debug)]
pub struct Spec {
    /// The script (`.wast`), or `-` for stdin.
    pub file: PathBuf,
    /// The WebAssembly whose rules say which modules are refused.
    #[arg(long, value_enum, default_value_t)]
    pub wasm: WasmVersion,
    /// Prove the assertions, many in one proof, and verify the proofs.
    #[arg(long)]
    pub prove: bool,
    /// Cut a run of more steps than this into several proofs, where it can be cut.
    #[arg(long, value_name = "N", default_value_t = 1 << 20, requires = "prove")]
    pub max_steps: u64,
    /// Security of the proofs.
    #[arg(long, value_enum, default_value_t, requires = "prove")]
    pub security: SecurityLevel,
    /// Write the zkASM programs of the assertions into this folder (hermez64).
    #[arg(long, value_name = "DIR", conflicts_with = "prove")]
    pub emit_dir: Option<PathBuf>,
    /// Print counts and remarks as JSON.
    #[arg(long)]
    pub json: bool,
    /// Flags of compilation.
    #[command(flatten)]
    pub flags: CompileFlags,
}

/// How the numbers of an experiment are written.
#[derive(Args, Debug, Clone, Copy)]
pub struct Report {
    /// As JSON.
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// As CSV.
    #[arg(long)]
    pub csv: bool,
}

/// `zkc compare`.
#[derive(Args, Debug)]
pub struct Compare {
    /// The program and the call; each `--cost-model` after the first is compared with the first.
    #[command(flatten)]
    pub invocation: Invocation,
    /// Compare each model's program with the same without these rules, groups of rules or passes, comma-separated.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub without: Vec<String>,
    /// Most lowerings shown as text.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub top: usize,
    /// Form of the output.
    #[command(flatten)]
    pub report: Report,
}

/// `zkc sweep`.
#[derive(Args, Debug)]
pub struct Sweep {
    /// The program and the call; each `--cost-model` chooses once and prices all.
    #[command(flatten)]
    pub invocation: Invocation,
    /// Models between the first two, in equal steps, that choose too.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=1000))]
    pub mix: u64,
    /// Write a chart of the first two prices to this file.
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Form of the output.
    #[command(flatten)]
    pub report: Report,
}

/// `zkc ablate`.
#[derive(Args, Debug)]
pub struct Ablate {
    /// The program and the call; the first `--cost-model` chooses, and all price.
    #[command(flatten)]
    pub invocation: Invocation,
    /// What is left out in turn, comma-separated.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "pass,group,rule"
    )]
    pub parts: Vec<Part>,
    /// Prove each variant too, and show how long that took.
    #[arg(long)]
    pub prove: bool,
    /// Form of the output.
    #[command(flatten)]
    pub report: Report,
}

/// `zkc rules`.
#[derive(Args, Debug)]
pub struct Rules {
    /// Prove the rules that have no proof and record it.
    #[arg(long)]
    pub prove: bool,
    /// Prove all rules anew, those that have a proof too.
    #[arg(long, requires = "prove")]
    pub again: bool,
    /// The record of proofs: what zkc was built with by default, and with `--prove` the repository's file.
    #[arg(long, value_name = "FILE")]
    pub proofs: Option<PathBuf>,
    /// The SMT solver: a program that takes z3's options.
    #[arg(long, value_name = "PROGRAM", default_value = "z3")]
    pub solver: PathBuf,
    /// Longest time for one rule at one width.
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..))]
    pub timeout: u32,
    /// Solvers that run at a time; 0 is one per processor.
    #[arg(short, long, value_name = "N", default_value_t = 0)]
    pub jobs: usize,
    /// Print what the solver is asked of this rule, in SMT-LIB 2, and stop.
    #[arg(long, value_name = "RULE", conflicts_with_all = ["prove", "json"])]
    pub smt: Option<String>,
    /// Print rules and proofs as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `zkc calibrate`.
#[derive(Args, Debug)]
pub struct Calibrate {
    /// Where the model goes, with the fit in it: `--cost-model FILE` and `--predict FILE` take it. Stdout by default.
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Few small proofs: seconds instead of minutes, and a fit that is only good for small proofs.
    #[arg(long)]
    pub quick: bool,
    /// How often each proof is made; the fastest counts.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub rounds: u32,
    /// Seed of the generated programs.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Print proofs, fit and errors as JSON instead of the model.
    #[arg(long)]
    pub json: bool,
}

/// `zkc cost-model`.
#[derive(Args, Debug)]
pub struct CostModelArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: CostModelAction,
}

/// What to do with cost models.
#[derive(Subcommand, Debug)]
pub enum CostModelAction {
    /// Print a model: each instruction's cost beside the shape of the chip that proves it.
    Show {
        /// A name or a TOML file.
        model: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Check a model file.
    Check {
        /// The TOML file.
        file: PathBuf,
    },
    /// Print the model of a target as its chips, or its expansions, give it.
    Derive {
        /// The target.
        #[arg(default_value_t)]
        target: Target,
        /// Of hermez64, price a row by its busiest state machine
        #[arg(long)]
        max: bool,
        /// The model `seconds` of zk64 from a fit, the table `[fit]` in the file of a cost model
        #[arg(long, value_name = "MODEL", conflicts_with_all = ["max", "target"])]
        fit: Option<String>,
    },
}

fn emit_kind(name: &str) -> Result<Emit, String> {
    Emit::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = EMIT_KINDS.iter().map(|k| k.name).collect();
        format!("expected one of {}", names.join(", "))
    })
}

fn emit_help() -> String {
    let mut help = String::from("What to write, comma-separated:\n");
    for kind in EMIT_KINDS {
        help.push_str(&format!("  {:<14}{}\n", kind.name, kind.doc));
    }
    help
}
