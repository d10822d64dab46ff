//! The `zkc` binary: parses the command line, runs the command, writes its output, sets the exit code.

use clap::Parser;
use std::io::Write;
use std::process::ExitCode;
use zkc::cli::Cli;
use zkc::commands;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // clap's own words: help and version go to stdout and succeed, usage errors to stderr and exit with 2
        Err(error) => {
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            return if error.print().is_ok() {
                ExitCode::from(code)
            } else {
                ExitCode::FAILURE
            };
        }
    };
    commands::init_tracing(cli.time_passes);
    let output = commands::execute(&cli, true);
    let stdout = std::io::stdout().lock().write_all(&output.stdout);
    let stderr = std::io::stderr().lock().write_all(output.stderr.as_bytes());
    match (stdout, stderr) {
        (Ok(()), Ok(())) => ExitCode::from(output.code),
        // a closed pipe is the reader's choice, not an error
        (Err(e), _) | (_, Err(e)) if e.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::from(output.code)
        }
        _ => ExitCode::FAILURE,
    }
}
