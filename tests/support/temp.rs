//! Scratch folders below the target folder, one a test, removed when the test passes.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::path::{Path, PathBuf};

/// A folder that is emptied at creation and removed on drop, unless the thread panics.
#[derive(Debug)]
pub(crate) struct TempDir(PathBuf);

impl TempDir {
    /// The scratch folder of the test with this name.
    pub(crate) fn new(name: &str) -> TempDir {
        let path = scratch_root().join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("the target folder is writable");
        TempDir(path)
    }

    /// A path inside the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file in the folder and gives its path.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("the scratch folder is writable");
        path
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

/// Where tests leave what is worth keeping: cargo's folder for integration tests; the current one in a fuzzer.
pub(crate) fn scratch_root() -> &'static Path {
    Path::new(option_env!("CARGO_TARGET_TMPDIR").unwrap_or("."))
}
