//! Runs one `.wast` script: directives in order, instances kept between them, every assertion counted.

use crate::support::called::Called;
use crate::support::session::{OpenError, Session, imports};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use wast::core::{NanPattern, WastArgCore, WastRetCore};
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::token::Span;
use wast::{QuoteWat, Wast, WastArg, WastDirective, WastExecute, WastInvoke, WastRet, Wat};
use zkc::Options;
use zkc_ir::{Diagnostic, Trap};
use zkc_passes::Host;

/// Counts of one file at one level, assertions only.
#[derive(Clone, Default, Debug)]
pub(crate) struct Tally {
    passed: usize,
    skipped: BTreeMap<String, usize>,
    gaps: usize,
    /// One line per failure.
    pub(crate) failures: Vec<String>,
}

impl Tally {
    /// Adds another file's counts.
    pub(crate) fn add(&mut self, other: &Tally) {
        self.passed += other.passed;
        self.gaps += other.gaps;
        for (reason, count) in &other.skipped {
            *self.skipped.entry(reason.clone()).or_default() += count;
        }
        self.failures.extend(other.failures.iter().cloned());
    }

    /// The counts as columns of the table.
    pub(crate) fn row(&self) -> String {
        let skipped: usize = self.skipped.values().sum();
        let mut row = format!(
            "{:>7} {:>8} {:>7} {:>7}  ",
            self.passed,
            skipped,
            self.gaps,
            self.failures.len()
        );
        let mut separator = "";
        for (reason, count) in &self.skipped {
            let _ = write!(row, "{separator}{reason}: {count}");
            separator = ", ";
        }
        row.truncate(row.trim_end().len());
        row
    }
}

/// Known gaps: `FILE:LINE` to the reason.
#[derive(Debug)]
pub(crate) struct Gaps(BTreeMap<String, String>);

#[derive(Deserialize)]
struct GapsFile {
    gaps: BTreeMap<String, String>,
}

impl Gaps {
    /// Reads `expectations.toml`.
    pub(crate) fn read() -> Gaps {
        let file: GapsFile = toml::from_str(include_str!("expectations.toml"))
            .expect("expectations.toml has a table `gaps`");
        Gaps(file.gaps)
    }
}

/// How one assertion ended.
enum Verdict {
    Passed,
    Skipped(String),
    Failed(String),
}

/// An instance of the script, or why there is none.
enum Instance {
    Ready(Box<Session>),
    Skipped(String),
    Broken(String),
}

struct Runner<'a> {
    text: &'a str,
    options: Options,
    instances: Vec<Instance>,
    by_name: BTreeMap<String, usize>,
    /// Instances by the names they are registered under.
    registered: BTreeMap<String, usize>,
}

/// Runs a script. The error is a script that cannot be read at all.
pub(crate) fn run(file: &str, text: &str, level: u8, gaps: &Gaps) -> Result<Tally, String> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer).map_err(|e| e.to_string())?;
    let script = parser::parse::<Wast<'_>>(&buffer).map_err(|e| e.to_string())?;
    let mut runner = Runner {
        text,
        options: Options {
            host: Host::spectest().into(),
            ..Options::new(level)
        },
        instances: Vec::new(),
        by_name: BTreeMap::new(),
        registered: BTreeMap::new(),
    };
    let mut tally = Tally::default();
    for directive in script.directives {
        let line = runner.line(directive.span());
        let is_assertion = is_assertion(&directive);
        let verdict = runner.directive(directive);
        let gap = gaps.0.get(&format!("{file}:{line}"));
        match (verdict, gap) {
            (Verdict::Failed(_), Some(_)) => tally.gaps += 1,
            (Verdict::Failed(why), None) => tally.failures.push(format!("{file}:{line}: {why}")),
            (Verdict::Passed, Some(reason)) if is_assertion => {
                tally.failures.push(format!(
                    "{file}:{line}: passes, but expectations.toml lists it as a gap ({reason})"
                ));
            }
            (Verdict::Passed, _) => tally.passed += usize::from(is_assertion),
            (Verdict::Skipped(reason), _) => {
                *tally.skipped.entry(reason).or_default() += usize::from(is_assertion);
            }
        }
    }
    tally.skipped.retain(|_, count| *count > 0);
    Ok(tally)
}

fn is_assertion(directive: &WastDirective<'_>) -> bool {
    !matches!(
        directive,
        WastDirective::Module(_)
            | WastDirective::ModuleDefinition(_)
            | WastDirective::ModuleInstance { .. }
            | WastDirective::Register { .. }
            | WastDirective::Invoke(_)
    )
}

impl Runner<'_> {
    fn line(&self, span: Span) -> usize {
        span.linecol_in(self.text).0 + 1
    }

    fn directive(&mut self, directive: WastDirective<'_>) -> Verdict {
        match directive {
            WastDirective::Module(module) => self.module(module),
            WastDirective::Register { name, module, .. } => {
                self.register(name, module.map(|id| id.name().to_string()))
            }
            WastDirective::Invoke(invoke) => self.invoke_for_effect(&invoke),
            WastDirective::AssertReturn { exec, results, .. } => self.assert_return(exec, &results),
            WastDirective::AssertTrap { exec, message, .. } => self.assert_trap(exec, message),
            WastDirective::AssertExhaustion { call, .. } => match self.invoke(&call) {
                Ok(called) => expect_trap(&called, &[Trap::CallStackExhausted]),
                Err(verdict) => verdict,
            },
            WastDirective::AssertInvalid {
                module, message, ..
            } => self.assert_refused(module, &["invalid", "malformed"], message),
            WastDirective::AssertMalformed {
                module, message, ..
            } => self.assert_refused(module, &["malformed", "invalid"], message),
            WastDirective::AssertUnlinkable {
                module, message, ..
            } => self.assert_unlinkable(module, message),
            WastDirective::ModuleDefinition(_)
            | WastDirective::ModuleInstance { .. }
            | WastDirective::AssertInvalidCustom { .. }
            | WastDirective::AssertMalformedCustom { .. }
            | WastDirective::AssertException { .. }
            | WastDirective::AssertSuspension { .. }
            | WastDirective::Thread(_)
            | WastDirective::Wait { .. } => {
                Verdict::Skipped("directive of a later proposal".to_string())
            }
        }
    }

    fn module(&mut self, mut module: QuoteWat<'_>) -> Verdict {
        let name = module.name().map(|id| id.name().to_string());
        let instance = match module.encode() {
            Ok(wasm) => self.instantiate(&wasm),
            Err(e) => Instance::Broken(format!("the module's text is refused: {e}")),
        };
        let verdict = match &instance {
            Instance::Ready(_) => Verdict::Passed,
            Instance::Skipped(why) => Verdict::Skipped(why.clone()),
            Instance::Broken(why) => Verdict::Failed(why.clone()),
        };
        self.instances.push(instance);
        if let Some(name) = name {
            self.by_name.insert(name, self.instances.len() - 1);
        }
        verdict
    }

    fn instantiate(&mut self, wasm: &[u8]) -> Instance {
        if let Some(why) = self.imports_instance(wasm) {
            return Instance::Skipped(why);
        }
        match Session::open(wasm, &self.options) {
            Ok(session) => Instance::Ready(Box::new(session)),
            Err(OpenError::Unsupported(diagnostic)) => Instance::Skipped(reason(&diagnostic)),
            Err(error) => Instance::Broken(error.to_string()),
        }
    }

    /// Why a module cannot be instantiated alone: it imports from another instance of the script. That instance is given up
    /// too, because the module might change its memory or table.
    fn imports_instance(&mut self, wasm: &[u8]) -> Option<String> {
        let module = zkc::decode(wasm).ok()?;
        let mut shared = false;
        for import in imports(&module) {
            if let Some(&index) = self.registered.get(&import.module) {
                self.instances[index] =
                    Instance::Skipped("instance shared with another".to_string());
                shared = true;
            }
        }
        shared.then(|| "imports from another instance".to_string())
    }

    fn register(&mut self, name: &str, module: Option<String>) -> Verdict {
        match self.index(module.as_deref()) {
            Some(index) => {
                self.registered.insert(name.to_string(), index);
                Verdict::Passed
            }
            None => Verdict::Failed(format!("no instance to register as `{name}`")),
        }
    }

    /// The instance of this name, or the latest.
    fn index(&self, name: Option<&str>) -> Option<usize> {
        match name {
            Some(name) => self.by_name.get(name).copied(),
            None => self.instances.len().checked_sub(1),
        }
    }

    fn instance(&mut self, name: Option<&str>) -> Result<&mut Session, Verdict> {
        match self.index(name).and_then(|i| self.instances.get_mut(i)) {
            Some(Instance::Ready(session)) => Ok(session),
            Some(Instance::Skipped(why)) => Err(Verdict::Skipped(why.clone())),
            Some(Instance::Broken(_)) => Err(Verdict::Failed(
                "its module could not be instantiated".to_string(),
            )),
            None => Err(Verdict::Failed("no such instance".to_string())),
        }
    }

    fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Result<Called, Verdict> {
        let args = invoke
            .args
            .iter()
            .map(arg_word)
            .collect::<Option<Vec<u64>>>();
        let session = self.instance(invoke.module.map(|id| id.name()))?;
        if let Some(why) = session.unsupported(invoke.name) {
            return Err(Verdict::Skipped(reason(why)));
        }
        let args =
            args.ok_or_else(|| Verdict::Skipped("argument of a later proposal".to_string()))?;
        Ok(session.call(invoke.name, &args))
    }

    /// A call made for what it leaves behind.
    fn invoke_for_effect(&mut self, invoke: &WastInvoke<'_>) -> Verdict {
        match self.invoke(invoke) {
            Ok(Called::Values(_)) => Verdict::Passed,
            Ok(other) => {
                Verdict::Failed(format!("`{}`: expected a return, got {other}", invoke.name))
            }
            Err(verdict) => self.without_effect(invoke, verdict),
        }
    }

    /// The verdict on a call that may have been made for its effect: if it is skipped, so is what follows on its instance.
    fn without_effect(&mut self, invoke: &WastInvoke<'_>, verdict: Verdict) -> Verdict {
        if let (Verdict::Skipped(_), Some(index)) =
            (&verdict, self.index(invoke.module.map(|id| id.name())))
        {
            self.instances[index] = Instance::Skipped("after a skipped call".to_string());
        }
        verdict
    }

    fn assert_return(&mut self, exec: WastExecute<'_>, results: &[WastRet<'_>]) -> Verdict {
        let called = match exec {
            WastExecute::Invoke(invoke) => match self.invoke(&invoke) {
                Ok(called) => called,
                Err(verdict) if results.is_empty() && !invoke.args.is_empty() => {
                    return self.without_effect(&invoke, verdict);
                }
                Err(verdict) => return verdict,
            },
            WastExecute::Get { module, global, .. } => {
                match self.instance(module.map(|id| id.name())) {
                    Ok(session) => match session.global(global) {
                        Some(word) => Called::Values(vec![word]),
                        None => return Verdict::Failed(format!("no global `{global}`")),
                    },
                    Err(verdict) => return verdict,
                }
            }
            WastExecute::Wat(_) => {
                return Verdict::Failed("a module is no expression with results".to_string());
            }
        };
        let Called::Values(values) = &called else {
            return Verdict::Failed(format!("expected {}, got {called}", show_results(results)));
        };
        let mut equal = values.len() == results.len();
        for (result, &value) in results.iter().zip(values) {
            match matches_result(result, value) {
                Some(matches) => equal &= matches,
                None => return Verdict::Skipped("result of a later proposal".to_string()),
            }
        }
        if equal {
            Verdict::Passed
        } else {
            Verdict::Failed(format!("expected {}, got {called}", show_results(results)))
        }
    }

    fn assert_trap(&mut self, exec: WastExecute<'_>, message: &str) -> Verdict {
        let Some(kinds) = traps_of_message(message) else {
            return Verdict::Failed(format!("unknown trap message `{message}`"));
        };
        match exec {
            WastExecute::Invoke(invoke) => match self.invoke(&invoke) {
                Ok(called) => expect_trap(&called, kinds),
                Err(verdict) => verdict,
            },
            WastExecute::Wat(mut wat) => match wat.encode() {
                Ok(wasm) => self.instantiation_trap(&wasm, kinds),
                Err(e) => Verdict::Failed(format!("the module's text is refused: {e}")),
            },
            WastExecute::Get { .. } => Verdict::Failed("reading a global cannot trap".to_string()),
        }
    }

    fn instantiation_trap(&mut self, wasm: &[u8], kinds: &[Trap]) -> Verdict {
        if let Some(why) = self.imports_instance(wasm) {
            return Verdict::Skipped(why);
        }
        match Session::open(wasm, &self.options) {
            Err(OpenError::Trap(trap)) => expect_trap(&Called::Trap(trap), kinds),
            Err(OpenError::Unsupported(diagnostic)) => Verdict::Skipped(reason(&diagnostic)),
            Err(error) => Verdict::Failed(format!("expected trap {}, got: {error}", kinds[0])),
            Ok(_) => Verdict::Failed(format!(
                "expected trap {}, but the module was instantiated",
                kinds[0]
            )),
        }
    }

    /// The module must be refused with one of these codes, as text or as a binary.
    fn assert_refused(&self, mut module: QuoteWat<'_>, codes: &[&str], message: &str) -> Verdict {
        let Ok(wasm) = module.encode() else {
            return Verdict::Passed;
        };
        match zkc::decode(&wasm) {
            Err(diagnostic) if codes.contains(&diagnostic.code) => Verdict::Passed,
            Err(diagnostic) if is_unsupported(&diagnostic) => Verdict::Skipped(reason(&diagnostic)),
            Err(diagnostic) => {
                Verdict::Failed(format!("expected `{message}`, refused with {diagnostic}"))
            }
            Ok(_) => Verdict::Failed(format!("expected `{message}`, but the module is accepted")),
        }
    }

    fn assert_unlinkable(&mut self, mut module: Wat<'_>, message: &str) -> Verdict {
        let wasm = match module.encode() {
            Ok(wasm) => wasm,
            Err(e) => return Verdict::Failed(format!("the module's text is refused: {e}")),
        };
        if let Some(why) = self.imports_instance(&wasm) {
            return Verdict::Skipped(why);
        }
        match Session::open(&wasm, &self.options) {
            Err(OpenError::Unsupported(diagnostic)) => Verdict::Skipped(reason(&diagnostic)),
            // WASM 1.0 calls a segment outside its memory or table unlinkable, 2.0 a trap
            Err(OpenError::Refused(_) | OpenError::Trap(_)) => Verdict::Passed,
            Err(error) => Verdict::Failed(error.to_string()),
            Ok(_) if self.has_unknown_function(&wasm) => {
                Verdict::Skipped("unknown function imports are refused where called".into())
            }
            Ok(_) => Verdict::Failed(format!(
                "expected `{message}`, but the module was instantiated"
            )),
        }
    }

    /// Whether linking leaves a function import open.
    fn has_unknown_function(&self, wasm: &[u8]) -> bool {
        let Ok(module) = zkc::decode(wasm) else {
            return false;
        };
        zkc_passes::link(&module, &self.options.host).is_ok_and(|linked| {
            linked.funcs[..module.funcs.len()]
                .iter()
                .any(|f| matches!(f.body, zkc_ir::FuncBody::Import(_)))
        })
    }
}

/// Whether a diagnostic says that zkc does not support something yet.
fn is_unsupported(diagnostic: &Diagnostic) -> bool {
    diagnostic.code.starts_with("unsupported")
}

/// The class of an unsupported thing, for the table.
fn reason(diagnostic: &Diagnostic) -> String {
    if diagnostic.code == "unknown-import" {
        return "imports that nobody provides".to_string();
    }
    if diagnostic.code == "limit-exceeded" {
        return "larger than the machine".to_string();
    }
    let message = &diagnostic.message;
    let has = |words: &[&str]| words.iter().any(|w| message.contains(w));
    if has(&["f32", "f64", "float"]) {
        "float arithmetic".to_string()
    } else if has(&["v128", "simd", "SIMD"]) {
        "SIMD".to_string()
    } else if has(&["table.", "ref.", "funcref", "externref", "reference"]) {
        "reference types".to_string()
    } else if has(&["memory.init", "data.drop", "elem.drop", "passive"]) {
        "passive segments".to_string()
    } else {
        diagnostic.to_string()
    }
}

fn expect_trap(called: &Called, kinds: &[Trap]) -> Verdict {
    match called {
        Called::Trap(trap) if kinds.contains(trap) => Verdict::Passed,
        other => Verdict::Failed(format!("expected trap {}, got {other}", kinds[0])),
    }
}

/// The kinds a message of the suite stands for; it leaves open which of two a table access is.
fn traps_of_message(message: &str) -> Option<&'static [Trap]> {
    let kinds: &[Trap] = match message {
        "unreachable" => &[Trap::Unreachable],
        "integer divide by zero" => &[Trap::IntegerDivideByZero],
        "integer overflow" => &[Trap::IntegerOverflow],
        "invalid conversion to integer" => &[Trap::InvalidConversionToInteger],
        "out of bounds memory access" | "out of bounds" => &[Trap::OutOfBoundsMemoryAccess],
        "out of bounds table access" => &[Trap::OutOfBoundsTableAccess],
        "undefined element" | "undefined" => &[Trap::UndefinedElement],
        "indirect call type mismatch" | "indirect call" => &[Trap::IndirectCallTypeMismatch],
        "call stack exhausted" => &[Trap::CallStackExhausted],
        _ if message.starts_with("uninitialized") => &[Trap::UninitializedElement],
        _ => return None,
    };
    Some(kinds)
}

fn arg_word(arg: &WastArg<'_>) -> Option<u64> {
    let WastArg::Core(arg) = arg else { return None };
    match arg {
        WastArgCore::I32(v) => Some(u64::from(*v as u32)),
        WastArgCore::I64(v) => Some(*v as u64),
        WastArgCore::F32(v) => Some(u64::from(v.bits)),
        WastArgCore::F64(v) => Some(v.bits),
        WastArgCore::V128(_)
        | WastArgCore::RefNull(_)
        | WastArgCore::RefExtern(_)
        | WastArgCore::RefHost(_) => None,
    }
}

/// Whether a value is what an assertion expects; `None` where the assertion is about types zkc has not.
fn matches_result(result: &WastRet<'_>, value: u64) -> Option<bool> {
    let WastRet::Core(result) = result else {
        return None;
    };
    match result {
        WastRetCore::I32(v) => Some(value == u64::from(*v as u32)),
        WastRetCore::I64(v) => Some(value == *v as u64),
        WastRetCore::F32(NanPattern::Value(v)) => Some(value == u64::from(v.bits)),
        WastRetCore::F32(NanPattern::CanonicalNan) => Some(value & 0x7fff_ffff == 0x7fc0_0000),
        WastRetCore::F32(NanPattern::ArithmeticNan) => Some(value & 0x7fc0_0000 == 0x7fc0_0000),
        WastRetCore::F64(NanPattern::Value(v)) => Some(value == v.bits),
        WastRetCore::F64(NanPattern::CanonicalNan) => Some(value & (u64::MAX >> 1) == 0x7ff8 << 48),
        WastRetCore::F64(NanPattern::ArithmeticNan) => Some(value & (0x7ff8 << 48) == 0x7ff8 << 48),
        _ => None,
    }
}

fn show_results(results: &[WastRet<'_>]) -> String {
    let words: Vec<String> = results
        .iter()
        .map(|result| match result {
            WastRet::Core(WastRetCore::I32(v)) => format!("{:#x}", *v as u32),
            WastRet::Core(WastRetCore::I64(v)) => format!("{:#x}", *v as u64),
            other => format!("{other:?}"),
        })
        .collect();
    format!("values {}", words.join(" "))
}
