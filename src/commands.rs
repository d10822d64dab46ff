//! What each command does. Output is collected, not printed, so that tests run commands in process.
//!
//! Exit codes: 0 success; 1 the input was refused, or a proof does not hold; 2 wrong usage (clap's); 3 the program trapped;
//! 101 an internal inconsistency.

mod calibrate;
mod chips;
mod compare;
mod compile;
mod execute;
mod experiments;
mod hermez;
mod mine;
mod models;
mod prove;
mod rules;
mod spec;

pub use prove::peak_rss_bytes;

use crate::cli::{Cli, Command, CompileFlags, ModuleArg, Modules};
use crate::compiler::{Compiler, Options, Roots, Unit};
use crate::dropped::Dropped;
use crate::input::{self, Input};
use crate::profile::Profile;
use crate::render::{ErrorFormat, render};
use clap::{CommandFactory, Parser};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use zkc_ir::Diagnostic;
use zkc_isa::{CostModel, Target};
use zkc_prover::Fit;

/// The input was refused.
pub const EXIT_REFUSED: u8 = 1;
/// The program trapped.
pub const EXIT_TRAP: u8 = 3;
/// An internal inconsistency.
pub const EXIT_INTERNAL: u8 = 101;

/// What a command leaves.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Output {
    /// Exit code.
    pub code: u8,
    /// The artefact.
    pub stdout: Vec<u8>,
    /// Messages.
    pub stderr: String,
}

impl Output {
    fn print(&mut self, line: impl AsRef<str>) {
        self.stdout.extend_from_slice(line.as_ref().as_bytes());
        self.stdout.push(b'\n');
    }

    fn message(&mut self, line: impl AsRef<str>) {
        self.stderr.push_str(line.as_ref());
        self.stderr.push('\n');
    }
}

/// Why a command stopped: a message about the input, and the name and text of the input it is about.
#[derive(Debug)]
pub(crate) struct Failure {
    diagnostics: Vec<Diagnostic>,
    input: String,
    source: Option<String>,
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Failure {
        Failure {
            diagnostics: vec![diagnostic],
            input: "zkc".to_string(),
            source: None,
        }
    }
}

/// Names the input a diagnostic is about.
pub(crate) trait About<T> {
    /// Says which file the diagnostic is about.
    fn about(self, path: &Path) -> Result<T, Failure>;
    /// Says which file, and its text.
    fn about_text(self, path: &Path, text: &str) -> Result<T, Failure>;
}

impl<T> About<T> for Result<T, Vec<Diagnostic>> {
    fn about(self, path: &Path) -> Result<T, Failure> {
        self.map_err(|diagnostics| Failure {
            diagnostics,
            input: path.display().to_string(),
            source: None,
        })
    }

    fn about_text(self, path: &Path, text: &str) -> Result<T, Failure> {
        self.map_err(|diagnostics| Failure {
            diagnostics,
            input: path.display().to_string(),
            source: Some(text.to_string()),
        })
    }
}

impl<T> About<T> for Result<T, Diagnostic> {
    fn about(self, path: &Path) -> Result<T, Failure> {
        self.map_err(|diagnostic| vec![diagnostic]).about(path)
    }

    fn about_text(self, path: &Path, text: &str) -> Result<T, Failure> {
        self.map_err(|diagnostic| vec![diagnostic])
            .about_text(path, text)
    }
}

/// Runs a parsed command line. `interactive` allows progress bars on a terminal.
pub fn execute(cli: &Cli, interactive: bool) -> Output {
    let mut output = Output::default();
    let result = match &cli.command {
        None => match cli.compile.flags.target {
            Target::Zk64 => compile::compile(&cli.compile, &mut output),
            Target::Hermez64 => hermez::compile(&cli.compile, &mut output),
        },
        Some(Command::Opt(args)) => compile::opt(args, &mut output),
        Some(Command::Run(args)) => match args.invocation.flags.target {
            Target::Zk64 => execute::run(args, &mut output),
            Target::Hermez64 => hermez::run(args, &mut output),
        },
        Some(Command::Prove(args)) => only_zk64(&args.invocation.flags, "`prove`")
            .and_then(|()| prove::prove(args, interactive, &mut output)),
        Some(Command::Verify(args)) => prove::verify(args, &mut output),
        Some(Command::Spec(args)) => spec::spec(args, &mut output),
        Some(Command::CostModel(args)) => models::cost_model(args, &mut output),
        Some(Command::Compare(args)) => only_zk64(&args.invocation.flags, "`compare`")
            .and_then(|()| compare::compare(args, &mut output)),
        Some(Command::Sweep(args)) => only_zk64(&args.invocation.flags, "`sweep`")
            .and_then(|()| experiments::sweep(args, &mut output)),
        Some(Command::Ablate(args)) => only_zk64(&args.invocation.flags, "`ablate`")
            .and_then(|()| experiments::ablate(args, &mut output)),
        Some(Command::Calibrate(args)) => calibrate::calibrate(args, interactive, &mut output),
        Some(Command::Mine(args)) => mine::mine(args, &mut output),
        Some(Command::Rules(args)) => rules::rules(args, &mut output),
        Some(Command::Completions { shell }) => {
            clap_complete::generate(*shell, &mut Cli::command(), "zkc", &mut output.stdout);
            Ok(())
        }
        Some(Command::Man) => clap_mangen::Man::new(Cli::command())
            .render(&mut output.stdout)
            .map_err(|e| Diagnostic::error("io", e.to_string()).into()),
    };
    if let Err(failure) = result {
        let internal = failure.diagnostics.iter().any(|d| d.code == "internal");
        output.code = if internal {
            EXIT_INTERNAL
        } else {
            EXIT_REFUSED
        };
        for diagnostic in &failure.diagnostics {
            output.stderr.push_str(&render(
                diagnostic,
                &failure.input,
                failure.source.as_deref(),
                cli.error_format,
            ));
        }
        if internal && cli.error_format == ErrorFormat::Human {
            output.message("  = note: this is a bug of zkc; please report it with the input and the command line");
        }
    }
    output
}

/// Runs a command line given as words, without the program's name: exit code, stdout, stderr. Usage errors exit with 2.
pub fn run_words(words: &[&str]) -> (u8, String, String) {
    let output = match Cli::try_parse_from(std::iter::once("zkc").chain(words.iter().copied())) {
        Ok(cli) => execute(&cli, false),
        Err(error) => {
            let text = error.to_string();
            let mut output = Output {
                code: u8::try_from(error.exit_code()).unwrap_or(2),
                ..Output::default()
            };
            if error.use_stderr() {
                output.stderr = text;
            } else {
                output.stdout = text.into_bytes();
            }
            output
        }
    };
    (
        output.code,
        String::from_utf8_lossy(&output.stdout).into_owned(),
        output.stderr,
    )
}

/// Turns `ZKC_LOG` and `--time-passes` into a subscriber on stderr.
pub fn init_tracing(time_passes: bool) {
    use tracing_subscriber::fmt::format::FmtSpan;
    let filter = tracing_subscriber::EnvFilter::try_from_env("ZKC_LOG").unwrap_or_else(|_| {
        tracing_subscriber::EnvFilter::new(if time_passes { "zkc=info" } else { "off" })
    });
    let spans = if time_passes {
        FmtSpan::CLOSE
    } else {
        FmtSpan::NONE
    };
    /// Lines bear no time of day; `without_time` would take the spans' durations too.
    struct NoClock;
    impl tracing_subscriber::fmt::time::FormatTime for NoClock {
        fn format_time(
            &self,
            _: &mut tracing_subscriber::fmt::format::Writer<'_>,
        ) -> std::fmt::Result {
            Ok(())
        }
    }
    // a second initialisation in one process keeps the first
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(spans)
        .with_writer(std::io::stderr)
        .with_timer(NoClock)
        .try_init();
}

/// Refuses a command that is for zk64 alone.
pub(crate) fn only_zk64(flags: &CompileFlags, what: &str) -> Result<(), Failure> {
    if flags.target == Target::Zk64 {
        return Ok(());
    }
    let message = format!("{what} is for `--target={}` only", Target::Zk64);
    Err(Diagnostic::error("usage", message).into())
}

/// The options the flags ask for.
pub(crate) fn options(flags: &CompileFlags) -> Result<Options, Failure> {
    let mut options = Options::new(flags.opt);
    options.model = match &flags.cost_model[..] {
        [] => load_model(flags.target.cost_model())?,
        [model] => load_model(model)?,
        [..] => {
            let message =
                "one cost model chooses a program's forms; `compare` and `sweep` take several";
            return Err(Diagnostic::error("usage", message).into());
        }
    };
    options.profile = match &flags.profile {
        Some(path) => Some(load_profile(path)?),
        None => None,
    };
    options.max_pages = flags.max_pages;
    options.clif_opt = flags.clif_opt;
    if flags.no_egraph {
        options.dropped = Dropped::egraph();
    }
    for name in &flags.drop {
        options.dropped.insert(name)?;
    }
    options.jobs = flags.jobs;
    Ok(options)
}

/// What is compiled: the modules given by name, then the main one.
pub(crate) fn units(modules: &Modules, main: Vec<u8>) -> Result<Vec<Unit>, Failure> {
    let mut units: Vec<Unit> = Vec::new();
    for ModuleArg { name, file } in &modules.modules {
        if units.iter().any(|unit| unit.name == *name) {
            let message = format!("two modules are called `{name}`");
            return Err(Diagnostic::error("usage", message)).about(file);
        }
        units.push(Unit::new(name, wasm(file)?));
    }
    units.push(Unit::new("main", main));
    Ok(units)
}

fn wasm(path: &Path) -> Result<Vec<u8>, Failure> {
    match input::read_input(path).about(path)? {
        Input::Wasm(bytes) => Ok(bytes),
        Input::Zkasm(_) | Input::Ir(_) => Err(not_linked()).about(path),
    }
}

/// The error for a module beside, or instead of, WebAssembly.
pub(crate) fn not_linked() -> Diagnostic {
    Diagnostic::error("usage", "only WebAssembly modules are linked")
}

/// Says which file a diagnostic is about: that of the module it names, else the main one.
pub(crate) fn about_one<T>(
    result: Result<T, Diagnostic>,
    main: &Path,
    modules: &Modules,
) -> Result<T, Failure> {
    result.map_err(|diagnostic| {
        let unit = diagnostic.place.unit.as_ref();
        let named = |m: &&ModuleArg| Some(&m.name) == unit;
        let file = modules.modules.iter().find(named).map(|m| m.file.as_path());
        Failure {
            input: file.unwrap_or(main).display().to_string(),
            diagnostics: vec![diagnostic],
            source: None,
        }
    })
}

/// Says in how many functions the e-graph stopped at a limit.
///
/// Errors: as for [`Compiler::program`].
pub(crate) fn report_limits(
    compiler: &Compiler,
    roots: &Roots,
    output: &mut Output,
) -> Result<(), Diagnostic> {
    let reached = compiler.limits_reached(roots)?;
    let mut limits: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, limit) in &reached {
        limits.entry(limit).or_default().push(name);
    }
    for (limit, names) in limits {
        let others = match names.len() {
            1 => String::new(),
            more => format!(" and {} others", more - 1),
        };
        output.message(format!(
            "note: the e-graph reached its limit of {limit} in `{}`{others}",
            names[0]
        ));
    }
    Ok(())
}

/// A profile from a file.
fn load_profile(path: &Path) -> Result<Arc<Profile>, Failure> {
    let bytes = input::read_bytes(path).about(path)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Diagnostic::error("malformed", "the profile is not UTF-8 text"))
        .about(path)?;
    Profile::parse(&text).about_text(path, &text).map(Arc::new)
}

/// The model that only the prover knows.
const INTERACTIONS: &str = "interactions";

/// A cost model by name, or from a TOML file.
pub(crate) fn load_model(name: &str) -> Result<Arc<CostModel>, Failure> {
    if let Some(model) = CostModel::named(name) {
        return Ok(Arc::new(model));
    }
    if name == INTERACTIONS {
        return Ok(Arc::new(zkc_prover::interactions_model()));
    }
    let (path, text) = model_file(name)?;
    CostModel::parse(&text)
        .about_text(path, &text)
        .map(Arc::new)
}

/// The fit in a cost model's file, or in the file of a model that comes with the machine.
pub(crate) fn load_fit(name: &str) -> Result<Fit, Failure> {
    let refused = |message| Diagnostic::error("bad-cost-model", message);
    if let Some((_, text)) = zkc_isa::MODELS.iter().find(|(model, _)| *model == name) {
        return Fit::parse(text).map_err(refused).about(Path::new(name));
    }
    let (path, text) = model_file(name)?;
    Fit::parse(&text).map_err(refused).about(path)
}

/// Path and text of a cost model's file.
fn model_file(name: &str) -> Result<(&Path, String), Failure> {
    let path = Path::new(name);
    if path.extension().is_none_or(|e| e != "toml") {
        let names = zkc_isa::MODELS.map(|(name, _)| name).join(", ");
        return Err(Diagnostic::error(
            "cost-model",
            format!(
                "no cost model is called `{name}`: expected one of {names}, {INTERACTIONS}, or a `.toml` file"
            ),
        )
        .into());
    }
    let bytes = input::read_bytes(path).about(path)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Diagnostic::error("malformed", "the cost model is not UTF-8 text"))
        .about(path)?;
    Ok((path, text))
}
