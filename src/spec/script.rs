//! A `.wast` script as values: directives in order, modules assembled, arguments and expectations in words.
//!
//! What runs a script and what proves one read the same list, so they cannot differ in what a script says.

use super::expected::{Expected, argument};
use std::fmt;
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::token::Id;
use wast::{QuoteWat, Wast, WastDirective, WastExecute, WastInvoke, Wat};
use zkc_ir::{Diagnostic, Trap};
use zkc_passes::decode::Version;

/// A script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Script {
    /// Its directives, in order.
    pub steps: Vec<Step>,
    /// The WebAssembly whose rules say which modules are refused.
    pub version: Version,
}

/// A directive with its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Line of the directive, from 1.
    pub line: usize,
    /// The directive.
    pub directive: Directive,
}

/// A module's binary, or why its text is refused.
pub type Assembled = Result<Vec<u8>, String>;

/// What a script may say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Directive {
    /// Defines a module and, unless it is only a definition, makes an instance of it.
    Module {
        /// Name of the definition and the instance.
        name: Option<String>,
        /// The module.
        wasm: Assembled,
        /// Whether an instance is made.
        instantiated: bool,
    },
    /// Makes an instance of a definition: this one, or the latest.
    Instance {
        /// Name of the instance.
        name: Option<String>,
        /// Name of the definition.
        module: Option<String>,
    },
    /// Makes an instance's exports importable under a name.
    Register {
        /// The name.
        name: String,
        /// The instance; the latest if absent.
        module: Option<String>,
    },
    /// An action made for what it leaves behind.
    Action(Action),
    /// The action returns these results.
    AssertReturn {
        /// The action.
        action: Action,
        /// Its results.
        results: Vec<Expected>,
    },
    /// The action traps.
    AssertTrap {
        /// The action.
        action: Action,
        /// The traps its message stands for.
        traps: &'static [Trap],
    },
    /// The action exhausts the call stack.
    AssertExhaustion(Action),
    /// Making an instance of the module traps.
    AssertModuleTraps {
        /// The module.
        wasm: Assembled,
        /// The traps its message stands for.
        traps: &'static [Trap],
    },
    /// The module is invalid.
    AssertInvalid(Refused),
    /// The module is no module.
    AssertMalformed(Refused),
    /// The module's imports do not fit.
    AssertUnlinkable(Refused),
    /// Something that zkc leaves out, by the proposal it is of.
    OutOfScope(&'static str),
}

/// A module that must be refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    /// The module.
    pub wasm: Assembled,
    /// The official words for what is wrong with it.
    pub message: String,
}

/// What is done with an instance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Action {
    /// The instance; the latest if absent.
    pub module: Option<String>,
    /// Name of the export.
    pub name: String,
    /// What is done with the export.
    pub kind: ActionKind,
}

/// What is done with an export.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ActionKind {
    /// A function is called with these words.
    Invoke(Vec<u64>),
    /// A global is read.
    Get,
}

/// Kinds of assertions, as they are counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// `assert_return`.
    Return,
    /// `assert_trap`, of actions and of modules.
    Trap,
    /// `assert_exhaustion`.
    Exhaustion,
    /// `assert_invalid`.
    Invalid,
    /// `assert_malformed`.
    Malformed,
    /// `assert_unlinkable`.
    Unlinkable,
    /// An assertion of a proposal that is left out.
    OutOfScope,
}

impl Kind {
    /// All kinds, in the order of tables.
    pub const ALL: [Kind; 7] = [
        Kind::Return,
        Kind::Trap,
        Kind::Exhaustion,
        Kind::Invalid,
        Kind::Malformed,
        Kind::Unlinkable,
        Kind::OutOfScope,
    ];

    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Return => "return",
            Kind::Trap => "trap",
            Kind::Exhaustion => "exhaustion",
            Kind::Invalid => "invalid",
            Kind::Malformed => "malformed",
            Kind::Unlinkable => "unlinkable",
            Kind::OutOfScope => "out of scope",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Directive {
    /// The kind of an assertion; `None` for what only prepares one.
    pub const fn kind(&self) -> Option<Kind> {
        match self {
            Directive::Module { .. }
            | Directive::Instance { .. }
            | Directive::Register { .. }
            | Directive::Action(_) => None,
            Directive::AssertReturn { .. } => Some(Kind::Return),
            Directive::AssertTrap { .. } | Directive::AssertModuleTraps { .. } => Some(Kind::Trap),
            Directive::AssertExhaustion(_) => Some(Kind::Exhaustion),
            Directive::AssertInvalid(_) => Some(Kind::Invalid),
            Directive::AssertMalformed(_) => Some(Kind::Malformed),
            Directive::AssertUnlinkable(_) => Some(Kind::Unlinkable),
            Directive::OutOfScope(_) => Some(Kind::OutOfScope),
        }
    }
}

impl Script {
    /// Reads a script.
    ///
    /// Errors: `malformed` with line and column for text that is no script.
    pub fn read(text: &str) -> Result<Script, Diagnostic> {
        let malformed = |e: &wast::Error| {
            let (line, column) = e.span().linecol_in(text);
            Diagnostic::error("malformed", e.message()).at_line(line as u32 + 1, column as u32 + 1)
        };
        let mut lexer = Lexer::new(text);
        lexer.allow_confusing_unicode(true);
        let buffer = ParseBuffer::new_with_lexer(lexer).map_err(|e| malformed(&e))?;
        let script = parser::parse::<Wast<'_>>(&buffer).map_err(|e| malformed(&e))?;
        let steps = script.directives.into_iter().map(|directive| Step {
            line: directive.span().linecol_in(text).0 + 1,
            directive: read_directive(directive),
        });
        Ok(Script {
            steps: steps.collect(),
            version: Version::Latest,
        })
    }
}

fn read_directive(directive: WastDirective<'_>) -> Directive {
    match directive {
        WastDirective::Module(module) => read_module(module, true),
        WastDirective::ModuleDefinition(module) => read_module(module, false),
        WastDirective::ModuleInstance {
            instance, module, ..
        } => Directive::Instance {
            name: instance.map(name),
            module: module.map(name),
        },
        WastDirective::Register {
            name: registered,
            module,
            ..
        } => Directive::Register {
            name: registered.to_owned(),
            module: module.map(name),
        },
        WastDirective::Invoke(invoke) => match read_invoke(&invoke) {
            Some(action) => Directive::Action(action),
            None => Directive::OutOfScope("arguments of later proposals"),
        },
        WastDirective::AssertReturn { exec, results, .. } => {
            let results = results.iter().map(Expected::read).collect();
            match (read_action(&exec), results) {
                (Some(action), Some(results)) => Directive::AssertReturn { action, results },
                _ => Directive::OutOfScope("values of later proposals"),
            }
        }
        WastDirective::AssertTrap { exec, message, .. } => read_assert_trap(exec, message),
        WastDirective::AssertExhaustion { call, .. } => match read_invoke(&call) {
            Some(action) => Directive::AssertExhaustion(action),
            None => Directive::OutOfScope("arguments of later proposals"),
        },
        WastDirective::AssertInvalid {
            module, message, ..
        } => Directive::AssertInvalid(refused(module, message)),
        WastDirective::AssertMalformed {
            module, message, ..
        } => Directive::AssertMalformed(refused(module, message)),
        WastDirective::AssertUnlinkable {
            mut module,
            message,
            ..
        } => Directive::AssertUnlinkable(Refused {
            wasm: assemble(&mut module),
            message: message.to_owned(),
        }),
        WastDirective::AssertInvalidCustom { .. } | WastDirective::AssertMalformedCustom { .. } => {
            Directive::OutOfScope("custom sections")
        }
        WastDirective::AssertException { .. } => Directive::OutOfScope("exceptions"),
        WastDirective::AssertSuspension { .. } => Directive::OutOfScope("stack switching"),
        WastDirective::Thread(_) | WastDirective::Wait { .. } => Directive::OutOfScope("threads"),
    }
}

fn read_assert_trap(exec: WastExecute<'_>, message: &str) -> Directive {
    let Some(traps) = traps_of_message(message) else {
        return Directive::OutOfScope("traps of later proposals");
    };
    match exec {
        WastExecute::Wat(mut module) => Directive::AssertModuleTraps {
            wasm: assemble(&mut module),
            traps,
        },
        exec => match read_action(&exec) {
            Some(action) => Directive::AssertTrap { action, traps },
            None => Directive::OutOfScope("arguments of later proposals"),
        },
    }
}

fn read_module(mut module: QuoteWat<'_>, instantiated: bool) -> Directive {
    Directive::Module {
        name: module.name().map(name),
        wasm: module.encode().map_err(|e| e.message()),
        instantiated,
    }
}

fn refused(mut module: QuoteWat<'_>, message: &str) -> Refused {
    Refused {
        wasm: module.encode().map_err(|e| e.message()),
        message: message.to_owned(),
    }
}

fn assemble(module: &mut Wat<'_>) -> Assembled {
    module.encode().map_err(|e| e.message())
}

fn name(id: Id<'_>) -> String {
    id.name().to_owned()
}

/// The action; `None` where its arguments are of types that zkc does not have.
fn read_action(exec: &WastExecute<'_>) -> Option<Action> {
    match exec {
        WastExecute::Invoke(invoke) => read_invoke(invoke),
        WastExecute::Get { module, global, .. } => Some(Action {
            module: module.map(name),
            name: (*global).to_owned(),
            kind: ActionKind::Get,
        }),
        WastExecute::Wat(_) => None,
    }
}

fn read_invoke(invoke: &WastInvoke<'_>) -> Option<Action> {
    let args: Vec<Vec<u64>> = invoke.args.iter().map(argument).collect::<Option<_>>()?;
    Some(Action {
        module: invoke.module.map(name),
        name: invoke.name.to_owned(),
        kind: ActionKind::Invoke(args.concat()),
    })
}

/// The kinds a message of the suite stands for; `None` for those of later proposals.
fn traps_of_message(message: &str) -> Option<&'static [Trap]> {
    let traps: &[Trap] = match message {
        "unreachable" => &[Trap::Unreachable],
        "integer divide by zero" => &[Trap::IntegerDivideByZero],
        "integer overflow" => &[Trap::IntegerOverflow],
        "invalid conversion to integer" => &[Trap::InvalidConversionToInteger],
        "out of bounds memory access" => &[Trap::OutOfBoundsMemoryAccess],
        "out of bounds" => &[Trap::OutOfBoundsMemoryAccess, Trap::OutOfBoundsTableAccess],
        "out of bounds table access" => &[Trap::OutOfBoundsTableAccess],
        "undefined element" | "undefined" => &[Trap::UndefinedElement],
        "indirect call type mismatch" | "indirect call" => &[Trap::IndirectCallTypeMismatch],
        "call stack exhausted" => &[Trap::CallStackExhausted],
        _ if message.starts_with("uninitialized") => &[Trap::UninitializedElement],
        _ => return None,
    };
    Some(traps)
}
