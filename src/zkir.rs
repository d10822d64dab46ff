//! A whole program in the zk dialect as text: module-level lines, then functions.
//!
//! `--emit=zk-ir` writes it and the same text compiles to the same zkASM, so an experiment can edit the IR by hand. Lines that
//! start with `module` hold what functions do not say: indices, entries, memory size and initial words.
//!
//! ```text
//! module pages 1
//! module start @3
//! module function @2 "fib"
//! module export "run" @2 (i64) -> (i64)
//! module init 268435458 7
//! module init 268435460 @5 type 1
//! ```

use crate::compiler::{backend_error, internal};
use crate::statement::kind_name;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use zkc_backend::{Export, InitValue, InitWord, LinkInput};
use zkc_ir::eval::{EvalError, Limits};
use zkc_ir::{Body, CRANELIFT, Diagnostic, Dialect, DialectSet, SIMD, WASM, text};
use zkc_isa::eval::{ZkState, evaluate, function_word};
use zkc_isa::{Program, ValueKind, ZK};

/// The dialects an IR text may use.
pub(crate) const DIALECTS: &[Dialect] = &[WASM, SIMD, CRANELIFT, ZK];

/// A program before register allocation.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ZkModule {
    /// Function index, name and body, in link order.
    pub functions: Vec<(u32, String, Arc<Body>)>,
    /// Entries.
    pub exports: Vec<Export>,
    /// The function called before any entry's.
    pub start: Option<u32>,
    /// Initial memory size in pages.
    pub pages: u32,
    /// Initial words.
    pub init: Vec<InitWord>,
}

impl ZkModule {
    /// The module as text.
    pub fn print(&self) -> String {
        let mut out = String::new();
        let mut line = |text: String| {
            let _ = writeln!(out, "module {text}");
        };
        line(format!("pages {}", self.pages));
        if let Some(start) = self.start {
            line(format!("start @{start}"));
        }
        for (index, name, _) in &self.functions {
            line(format!("function @{index} {name:?}"));
        }
        for export in &self.exports {
            let list = |kinds: &[ValueKind]| {
                kinds
                    .iter()
                    .map(|&k| kind_name(k))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            line(format!(
                "export {:?} @{} ({}) -> ({})",
                export.name,
                export.func,
                list(&export.params),
                list(&export.results)
            ));
        }
        for word in &self.init {
            let value = match word.value {
                InitValue::Const(bits) => bits.to_string(),
                InitValue::Func { index, type_id } => format!("@{index} type {type_id}"),
            };
            line(format!("init {} {value}", word.addr));
        }
        for (_, name, body) in &self.functions {
            out.push('\n');
            out.push_str(&text::print_func(name, body));
        }
        out
    }

    /// Reads what [`ZkModule::print`] wrote. Functions without a `module function` line get the next free index.
    ///
    /// Errors: `syntax` and the parser's, with line and column; `invalid` for a body that does not verify.
    pub fn parse(source: &str) -> Result<ZkModule, Diagnostic> {
        let (mut module, names, functions) = split(source)?;
        let mut next = names.iter().map(|(index, _)| index + 1).max().unwrap_or(0);
        for (position, func) in functions.into_iter().enumerate() {
            let index = match names.get(position) {
                Some((index, name)) if *name == func.name => *index,
                Some((_, name)) => {
                    let message = format!(
                        "expected function `{name}` in place {position}, as the `module` lines say, found `{}`",
                        func.name
                    );
                    return Err(Diagnostic::error("invalid", message));
                }
                None => {
                    next += 1;
                    next - 1
                }
            };
            zkc_ir::verify(&func.body)
                .map_err(|e| Diagnostic::error("invalid", e.to_string()).in_function(&func.name))?;
            module
                .functions
                .push((index, func.name, Arc::new(func.body)));
        }
        Ok(module)
    }

    /// Compiles the functions and links the program.
    ///
    /// Errors: `invalid` for ops of other dialects or missing functions; `limit-exceeded`; `internal`.
    pub fn program(&self) -> Result<Program, Diagnostic> {
        let options = zkc_backend::Options::default();
        let mut compiled = Vec::with_capacity(self.functions.len());
        for (_, name, body) in &self.functions {
            let code = zkc_backend::compile_function(body, &options)
                .map_err(|e| user_error(&e).in_function(name))?;
            compiled.push(code);
        }
        let functions = self
            .functions
            .iter()
            .zip(&compiled)
            .map(|((index, name, _), code)| (*index, name.clone(), code))
            .collect();
        let input = LinkInput {
            functions,
            exports: self.exports.clone(),
            start: self.start,
            pages: self.pages,
            init: self.init.clone(),
        };
        let program = zkc_backend::link(input).map_err(|e| user_error(&e))?;
        zkc_isa::validate(&program)
            .map_err(|d| internal(format!("the linked program is not valid: {d}")))?;
        Ok(program)
    }

    /// Runs an exported function in the evaluator of the zk dialect: results and public output.
    ///
    /// Errors: `BadCall` for an unknown entry; the evaluator's.
    pub fn evaluate(
        &self,
        entry: &str,
        args: &[u64],
        input: &[u8],
        limits: &mut Limits,
    ) -> Result<(Vec<u64>, Vec<u8>), EvalError> {
        let export = self.exports.iter().find(|e| e.name == entry);
        let export = export
            .ok_or_else(|| EvalError::BadCall(format!("no function `{entry}` is exported")))?;
        let init = self.init.iter().map(|word| {
            let bits = match word.value {
                InitValue::Const(bits) => bits,
                InitValue::Func { index, type_id } => {
                    let id = u16::try_from(type_id);
                    let id = id.map_err(|_| EvalError::Malformed(format!("type id {type_id}")))?;
                    function_word(index, id)
                }
            };
            Ok((word.addr, bits))
        });
        let init = init.collect::<Result<Vec<_>, EvalError>>()?;
        let mut state = ZkState::new(self.pages, init, input)?;
        let bodies: BTreeMap<u32, &Body> = self
            .functions
            .iter()
            .map(|(index, _, body)| (*index, &**body))
            .collect();
        let lookup = |index: u32| bodies.get(&index).copied();
        if let Some(start) = self.start {
            evaluate(&lookup, &mut state, limits, start, &[])?;
        }
        let results = evaluate(&lookup, &mut state, limits, export.func, args)?;
        Ok((results, state.output))
    }
}

/// In IR that a user wrote, what the backend does not expect is the user's mistake.
fn user_error(error: &zkc_backend::BackendError) -> Diagnostic {
    let diagnostic = backend_error(error);
    if diagnostic.code == "internal" {
        Diagnostic::error("invalid", diagnostic.message)
    } else {
        diagnostic
    }
}

type Split = (ZkModule, Vec<(u32, String)>, Vec<text::NamedBody>);

/// The `module` lines, and the functions of the rest.
pub(crate) fn split(source: &str) -> Result<Split, Diagnostic> {
    let mut module = ZkModule::default();
    let mut names = Vec::new();
    let mut rest = String::with_capacity(source.len());
    for (number, line) in (1..).zip(source.lines()) {
        match line.strip_prefix("module ") {
            Some(text) => header(text, &mut module, &mut names)
                .map_err(|message| Diagnostic::error("syntax", message).at_line(number, 8))?,
            None => rest.push_str(line),
        }
        // a line for a line, so that places stay right
        rest.push('\n');
    }
    let functions = text::parse_funcs(&rest, DialectSet(DIALECTS))?;
    Ok((module, names, functions))
}

/// One `module` line.
fn header(line: &str, module: &mut ZkModule, names: &mut Vec<(u32, String)>) -> Result<(), String> {
    let (keyword, rest) = line
        .trim()
        .split_once(' ')
        .ok_or("expected a keyword and its value")?;
    match keyword {
        "pages" => module.pages = number(rest)?,
        "start" => module.start = Some(func(rest)?),
        "function" => {
            let (index, name) = rest.split_once(' ').ok_or("expected `@INDEX \"NAME\"`")?;
            let (name, _) = quoted(name)?;
            names.push((func(index)?, name));
        }
        "export" => {
            let (name, rest) = quoted(rest)?;
            let (index, types) = rest
                .trim()
                .split_once(' ')
                .ok_or("expected `@INDEX (TYPES) -> (TYPES)`")?;
            let (params, results) = types
                .split_once("->")
                .ok_or("expected `(TYPES) -> (TYPES)`")?;
            module.exports.push(Export {
                name,
                func: func(index)?,
                params: kinds(params)?,
                results: kinds(results)?,
            });
        }
        "init" => {
            let words: Vec<&str> = rest.split_whitespace().collect();
            let value = match words[..] {
                [_, bits] => InitValue::Const(
                    bits.parse()
                        .map_err(|_| format!("expected a 64-bit number, found `{bits}`"))?,
                ),
                [_, index, "type", id] => InitValue::Func {
                    index: func(index)?,
                    type_id: number(id)?,
                },
                _ => {
                    return Err(
                        "expected `ADDRESS BITS` or `ADDRESS @FUNCTION type ID`".to_string()
                    );
                }
            };
            module.init.push(InitWord {
                addr: number(words[0])?,
                value,
            });
        }
        _ => {
            return Err(format!(
                "expected pages, start, function, export or init, found `{keyword}`"
            ));
        }
    }
    Ok(())
}

fn number(text: &str) -> Result<u32, String> {
    text.trim()
        .parse()
        .map_err(|_| format!("expected a number below 2^32, found `{}`", text.trim()))
}

/// Function indices stay below this number, far above the 1,000,000 functions a WASM module may have.
const MAX_FUNCTIONS: u32 = 1 << 24;

fn func(text: &str) -> Result<u32, String> {
    let bad = || {
        format!(
            "expected `@INDEX` below {MAX_FUNCTIONS}, found `{}`",
            text.trim()
        )
    };
    let index = number(text.trim().strip_prefix('@').ok_or_else(bad)?)?;
    if index < MAX_FUNCTIONS {
        Ok(index)
    } else {
        Err(bad())
    }
}

/// A string in Rust's notation at the start of `text`, and what follows it.
fn quoted(text: &str) -> Result<(String, &str), String> {
    let bad = || "expected a string in double quotes".to_string();
    let body = text.trim_start().strip_prefix('"').ok_or_else(bad)?;
    let mut out = String::new();
    let mut chars = body.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((out, &body[at + 1..])),
            '\\' => match chars.next().ok_or_else(bad)?.1 {
                'n' => out.push('\n'),
                'r' => out.push('\r'),
                't' => out.push('\t'),
                '0' => out.push('\0'),
                'u' => {
                    let digits: String = chars
                        .by_ref()
                        .map(|(_, c)| c)
                        .skip(1)
                        .take_while(|&c| c != '}')
                        .take(8)
                        .collect();
                    out.push(
                        u32::from_str_radix(&digits, 16)
                            .ok()
                            .and_then(char::from_u32)
                            .ok_or_else(bad)?,
                    );
                }
                other => out.push(other),
            },
            other => out.push(other),
        }
    }
    Err(bad())
}

fn kinds(text: &str) -> Result<Vec<ValueKind>, String> {
    let inner = text
        .trim()
        .strip_prefix('(')
        .and_then(|t| t.strip_suffix(')'))
        .ok_or("expected a list of types in parentheses")?;
    inner
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| {
            ValueKind::from_name(name)
                .ok_or_else(|| format!("expected a type of one word, found `{name}`"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_lines_round_trip() {
        let module = ZkModule {
            functions: Vec::new(),
            exports: vec![Export {
                name: "a \"b\" \u{7f}\n".to_string(),
                func: 2,
                params: vec![ValueKind::I32],
                results: vec![],
            }],
            start: Some(3),
            pages: 7,
            init: vec![
                InitWord {
                    addr: 5,
                    value: InitValue::Const(u64::MAX),
                },
                InitWord {
                    addr: 6,
                    value: InitValue::Func {
                        index: 2,
                        type_id: 1,
                    },
                },
            ],
        };
        assert_eq!(ZkModule::parse(&module.print()), Ok(module));
    }

    #[test]
    fn bad_header_lines_are_refused_at_their_line() {
        for bad in [
            "pages x",
            "start 3",
            "export run @2 () -> ()",
            "export \"run @2",
            "init 1",
            "init 1 2 3",
            "what 1",
            "start @16777216",
            "export \"r\" @1 (i33) -> ()",
        ] {
            let error = ZkModule::parse(&format!("module pages 1\nmodule {bad}\n")).expect_err(bad);
            assert_eq!(error.place.line_col.map(|(line, _)| line), Some(2), "{bad}");
        }
    }
}
