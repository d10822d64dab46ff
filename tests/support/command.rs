//! The `zkc` binary as a user starts it: words, standard input, exit code and both outputs.

use std::io::Write;
use std::process::{Command, Stdio};

/// What a command came to.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    /// Exit code; `None` if it was killed by a signal.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

/// Runs `zkc` with these words and nothing on standard input.
pub(crate) fn zkc<S: AsRef<std::ffi::OsStr>>(words: &[S]) -> Finished {
    zkc_with_stdin(words, b"")
}

/// Runs `zkc` with these words and standard input.
pub(crate) fn zkc_with_stdin<S: AsRef<std::ffi::OsStr>>(words: &[S], stdin: &[u8]) -> Finished {
    let mut child = Command::new(env!("CARGO_BIN_EXE_zkc"))
        .args(words)
        .env_remove("ZKC_LOG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("cargo built the binary");
    // a command that does not read its input closes the pipe, which is no error here
    let _ = child.stdin.take().map(|mut pipe| pipe.write_all(stdin));
    let output = child.wait_with_output().expect("the binary ends");
    Finished {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Finished {
    /// Asserts success and gives standard output.
    #[track_caller]
    pub(crate) fn success(self) -> String {
        assert_eq!(
            self.code,
            Some(0),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self.stdout
    }

    /// Asserts an error diagnostic: exit code 1, nothing on standard output, a message on standard error, which is given.
    #[track_caller]
    pub(crate) fn diagnostic(self) -> String {
        assert_eq!(
            self.code,
            Some(1),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        assert!(self.stderr.starts_with("error["), "{}", self.stderr);
        assert_eq!(self.stdout, "");
        self.stderr
    }
}
