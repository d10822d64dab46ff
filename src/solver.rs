//! z3, called as a process.
//!
//! A process and not a library: Debian's package installs in seconds, the library would be built from source, and only who
//! changes a rule needs it. The solver gets a text on standard input and a time limit, after which it has no answer.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use zkc_ir::Diagnostic;

/// Most bytes read of an answer: models of wrong rules are short.
const MAX_ANSWER_BYTES: u64 = 1 << 20;

/// A solver that is installed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Solver {
    program: PathBuf,
    /// Its name and version.
    pub version: String,
}

/// What a solver says of a text of questions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Every answer is `unsat`.
    Unsat,
    /// Some answer is `sat`; what it printed from there on.
    Sat(String),
    /// No answer in time, or another one than expected; what it printed.
    Unknown(String),
}

impl Solver {
    /// The solver that this program is, if it runs.
    ///
    /// Errors: `solver` when the program does not start or does not tell its version.
    pub fn find(program: &Path) -> Result<Solver, Diagnostic> {
        let fail = |what: String| {
            Diagnostic::error("solver", format!("`{}` {what}", program.display()))
                .note("z3 proves rules: `apt-get install z3`, or give a program with `--solver`")
        };
        let output = Command::new(program)
            .arg("--version")
            .stdin(Stdio::null())
            .output()
            .map_err(|e| fail(format!("does not run: {e}")))?;
        let text = String::from_utf8_lossy(&output.stdout);
        // `Z3 version 4.8.12 - 64 bit`
        let mut words = text.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some(name), Some("version"), Some(version)) if output.status.success() => Ok(Solver {
                program: program.to_owned(),
                version: format!("{} {version}", name.to_lowercase()),
            }),
            _ => Err(fail("does not tell its version".to_owned())),
        }
    }

    /// Asks a text of `questions` questions, with a time limit in seconds for all.
    ///
    /// Errors: `io` when the process cannot be started or read.
    pub fn ask(&self, text: &str, questions: usize, seconds: u32) -> Result<Answer, Diagnostic> {
        let printed = self.run(text, seconds)?;
        let lines: Vec<&str> = printed.lines().collect();
        if lines.len() == questions && lines.iter().all(|&line| line == "unsat") {
            return Ok(Answer::Unsat);
        }
        if !lines.contains(&"sat") {
            return Ok(Answer::Unknown(printed));
        }
        let text = text.replace("(check-sat)\n", "(check-sat)\n(get-model)\n");
        let printed = self.run(&text, seconds)?;
        let model: Vec<&str> = printed.lines().skip_while(|&line| line != "sat").collect();
        Ok(Answer::Sat(model.join("\n")))
    }

    fn run(&self, text: &str, seconds: u32) -> Result<String, Diagnostic> {
        let io = |e: std::io::Error| {
            let message = format!("cannot ask `{}`: {e}", self.program.display());
            Diagnostic::error("io", message)
        };
        let mut child = Command::new(&self.program)
            .args(["-smt2", "-in", &format!("-T:{seconds}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(io)?;
        let mut stdin = child.stdin.take().expect("standard input is piped");
        let stdout = child.stdout.take().expect("standard output is piped");
        let mut printed = String::new();
        let read = std::thread::scope(|scope| {
            // A solver that stops early closes the pipe; what it printed says why.
            scope.spawn(move || {
                let _ = stdin.write_all(text.as_bytes());
            });
            stdout.take(MAX_ANSWER_BYTES).read_to_string(&mut printed)
        });
        child.wait().map_err(io)?;
        read.map_err(io)?;
        Ok(printed)
    }
}
