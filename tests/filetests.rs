//! One text file is one test: every file under `filetests/` is run as its `RUN` line says, in process.
//!
//! | line of the file | meaning |
//! |---|---|
//! | `;; RUN: zkc ...` | the command; `%s` is the file. More than one is allowed |
//! | `;; exit: N` | expected exit code of every command, 0 if not given |
//! | `;; check:`, `nextln:`, `sameln:`, `not:`, `unordered:`, `regex:` | crate `filecheck`, against the output |
//! | `...  ;; error: TEXT` | the command must fail with exit code 1 at this line and say TEXT |
//!
//! The output is standard output followed by standard error. Without check or error lines it is compared with the
//! snapshot beside the file; `INSTA_UPDATE=always cargo test --test filetests` accepts what is there.

use libtest_mimic::{Arguments, Failed, Trial};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const DIRECTIVES: [&str; 6] = [
    "check:",
    "nextln:",
    "sameln:",
    "not:",
    "unordered:",
    "regex:",
];
const EXTENSIONS: [&str; 3] = ["wat", "zkir", "zkasm"];

fn main() {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/filetests");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let trials = files.into_iter().map(|path| {
        let name = path
            .strip_prefix(&root)
            .unwrap_or(&path)
            .display()
            .to_string();
        Trial::test(name, move || run_file(&path))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir)
        .expect("the file tests are part of the repository")
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path
            .extension()
            .and_then(|e| e.to_str())
            .is_some_and(|e| EXTENSIONS.contains(&e))
        {
            files.push(path);
        }
    }
}

/// What a file asks for.
#[derive(Default)]
struct Script {
    commands: Vec<String>,
    exit: u8,
    directives: Vec<String>,
    /// Line, from 1, and expected text.
    errors: Vec<(usize, String)>,
}

impl Script {
    fn parse(text: &str) -> Result<Script, String> {
        let mut script = Script::default();
        let intent = text
            .lines()
            .next()
            .and_then(|l| l.strip_prefix(";; "))
            .unwrap_or_default();
        if !intent.ends_with('.') || intent.contains("RUN:") {
            return Err("the first line is `;; ` and a sentence of intent".to_string());
        }
        for (number, line) in text.lines().enumerate() {
            let Some((code, comment)) = line.split_once(";;") else {
                continue;
            };
            let comment = comment.trim();
            if let Some(text) = comment.strip_prefix("error:") {
                script.errors.push((number + 1, text.trim().to_string()));
            } else if !code.trim().is_empty() {
                continue;
            } else if let Some(command) = comment.strip_prefix("RUN:") {
                script.commands.push(command.trim().to_string());
            } else if let Some(code) = comment.strip_prefix("exit:") {
                script.exit = code
                    .trim()
                    .parse()
                    .map_err(|_| "`exit:` takes a number".to_string())?;
            } else if DIRECTIVES.iter().any(|d| comment.starts_with(d)) {
                script.directives.push(comment.to_string());
            }
        }
        if script.commands.is_empty() {
            return Err("no `RUN:` line".to_string());
        }
        if !script.errors.is_empty() {
            script.exit = 1;
        }
        Ok(script)
    }
}

fn run_file(path: &Path) -> Result<(), Failed> {
    let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    let script = Script::parse(&text)?;
    // as a user in the repository's root types it, so that diagnostics show the same name everywhere
    let shown = path
        .strip_prefix(env!("CARGO_MANIFEST_DIR"))
        .unwrap_or(path)
        .display()
        .to_string();
    let mut output = String::new();
    for command in &script.commands {
        let (code, stdout, stderr) = run_command(command, &shown)?;
        output.push_str(&stdout);
        output.push_str(&stderr);
        if code != script.exit {
            let expected = script.exit;
            return Err(
                format!("`{command}`: exit code {code}, expected {expected}\n{output}").into(),
            );
        }
    }
    check_errors(&script, &shown, &output)?;
    if !script.directives.is_empty() {
        return check_directives(&script.directives, &output);
    }
    if script.errors.is_empty() {
        compare_snapshot(path, &output);
    }
    Ok(())
}

/// Runs `zkc ...` in this process: exit code, standard output, standard error.
fn run_command(command: &str, file: &str) -> Result<(u8, String, String), String> {
    let mut words: Vec<String> = split_words(command)?;
    if words.first().is_none_or(|w| w != "zkc") {
        return Err(format!("`{command}`: a command starts with `zkc`"));
    }
    words.remove(0);
    words.iter_mut().for_each(|w| *w = w.replace("%s", file));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Ok(zkc::commands::run_words(&words))
}

/// Words separated by blanks; single quotes hold a word together.
fn split_words(command: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    for (i, part) in command.split('\'').enumerate() {
        if i % 2 == 1 {
            words.push(part.to_string());
        } else {
            words.extend(part.split_whitespace().map(str::to_string));
        }
    }
    if command.matches('\'').count().is_multiple_of(2) {
        Ok(words)
    } else {
        Err(format!("`{command}`: a quote is open"))
    }
}

fn check_errors(script: &Script, shown: &str, output: &str) -> Result<(), Failed> {
    for (line, expected) in &script.errors {
        let place = format!("{shown}:{line}:");
        if !output.contains(&place) || !output.contains(expected) {
            return Err(format!("expected `{expected}` at {place}\n{output}").into());
        }
    }
    Ok(())
}

fn check_directives(directives: &[String], output: &str) -> Result<(), Failed> {
    let mut builder = filecheck::CheckerBuilder::new();
    for directive in directives {
        builder
            .directive(directive)
            .map_err(|e| format!("`{directive}`: {e}"))?;
    }
    let (passes, explanation) = builder
        .finish()
        .explain(output, filecheck::NO_VARIABLES)
        .map_err(|e| e.to_string())?;
    let mut message = String::new();
    let _ = write!(message, "{explanation}");
    if passes { Ok(()) } else { Err(message.into()) }
}

fn compare_snapshot(path: &Path, output: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(path.parent().unwrap_or(path));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_input_file(path);
    let stem = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    settings.bind(|| insta::assert_snapshot!(stem, output));
}
