//! Rules about the repository itself: dependency edges, file heads and lengths, documents that name real things.

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The edges between this workspace's packages that may exist, dev-dependencies aside. `zkc` may use all.
const EDGES: &[(&str, &[&str])] = &[
    ("zkc-ir", &[]),
    ("zkc-isa", &["zkc-ir"]),
    ("zkc-passes", &["zkc-ir", "zkc-isa"]),
    ("zkc-egraph", &["zkc-ir", "zkc-isa"]),
    ("zkc-backend", &["zkc-ir", "zkc-isa"]),
    ("zkc-prover", &["zkc-ir", "zkc-isa"]),
    (
        "zkc",
        &[
            "zkc-ir",
            "zkc-isa",
            "zkc-passes",
            "zkc-egraph",
            "zkc-backend",
            "zkc-prover",
        ],
    ),
    (
        "zkc-bench",
        &[
            "zkc",
            "zkc-ir",
            "zkc-isa",
            "zkc-passes",
            "zkc-egraph",
            "zkc-backend",
            "zkc-prover",
        ],
    ),
];

/// Packages only one of ours may use, by the prefix of their names.
const OWNERS: &[(&str, &[&str])] = &[
    ("wasmparser", &["zkc-passes"]),
    ("cranelift-codegen", &["zkc-passes"]),
    ("cranelift-frontend", &["zkc-passes"]),
    ("egg", &["zkc-egraph"]),
    ("regalloc2", &["zkc-backend"]),
    ("p3-", &["zkc-prover", "zkc-bench"]),
    ("salsa", &["zkc"]),
];

/// Most lines of a file, and of one that is a table.
const MAX_LINES: usize = 800;
const MAX_TABLE_LINES: usize = 900;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Our `.rs` files, guests and build output aside, in order.
fn rust_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut pending = vec![root().to_path_buf()];
    while let Some(dir) = pending.pop() {
        for entry in std::fs::read_dir(&dir)
            .expect("a folder of the repository")
            .flatten()
        {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target" && name != "guests" && !name.starts_with('.') {
                    pending.push(path);
                }
            } else if name.ends_with(".rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a source file is UTF-8 text")
}

/// Normal dependencies of every package of the workspace.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(root())
        .output()
        .expect("cargo runs the tests, so it runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value =
        serde_json::from_slice(&output.stdout).expect("cargo metadata writes JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    packages
        .iter()
        .map(|package| {
            let name = package["name"]
                .as_str()
                .expect("a package has a name")
                .to_string();
            let dependencies = package["dependencies"]
                .as_array()
                .expect("a package has dependencies");
            let normal = dependencies
                .iter()
                .filter(|d| d["kind"].is_null())
                .filter_map(|d| d["name"].as_str());
            (name, normal.map(str::to_string).collect())
        })
        .collect()
}

#[test]
fn dependency_edges_are_those_of_the_architecture() {
    let allowed: BTreeMap<&str, &[&str]> = EDGES.iter().copied().collect();
    let dependencies = dependencies();
    let mut wrong = Vec::new();
    for (package, used) in &dependencies {
        let Some(allowed) = allowed.get(package.as_str()) else {
            wrong.push(format!(
                "`{package}` is a package the architecture does not name"
            ));
            continue;
        };
        for name in used.iter().filter(|n| n.starts_with("zkc")) {
            if !allowed.contains(&name.as_str()) {
                wrong.push(format!("`{package}` uses `{name}`"));
            }
        }
        for (prefix, owners) in OWNERS {
            let hit = used.iter().find(|n| {
                n.as_str() == *prefix || (prefix.ends_with('-') && n.starts_with(prefix))
            });
            if let (Some(hit), false) = (hit, owners.contains(&package.as_str())) {
                wrong.push(format!("`{package}` uses `{hit}`, which is for {owners:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(
        dependencies.len(),
        EDGES.len(),
        "every package of the architecture exists"
    );
}

#[test]
fn every_file_says_what_it_is() {
    let wrong: Vec<String> = rust_files()
        .iter()
        .filter(|f| !read(f).starts_with("//! "))
        .map(|f| shown(f))
        .collect();
    assert!(
        wrong.is_empty(),
        "files that do not open with `//! `:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn files_are_short_enough_to_read() {
    let mut wrong = Vec::new();
    for file in rust_files() {
        let text = read(&file);
        let lines = text.lines().count();
        let limit = if text.contains("dialect! {") {
            MAX_TABLE_LINES
        } else {
            MAX_LINES
        };
        if lines > limit {
            wrong.push(format!("{}: {lines} lines, at most {limit}", shown(&file)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_left_to_do() {
    // spelt apart, or this file would find itself
    let marks = [
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("#[ign", "ore"),
    ];
    let mut wrong = Vec::new();
    for file in rust_files() {
        for (number, line) in read(&file).lines().enumerate() {
            if let Some(mark) = marks.iter().find(|m| line.contains(*m)) {
                wrong.push(format!("{}:{}: `{mark}`", shown(&file), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn paths_the_documents_name_exist() {
    let mut wrong = Vec::new();
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"] {
        let text = read(&root().join(document));
        // odd pieces stand between backticks
        for code in text.split('`').skip(1).step_by(2) {
            let is_path = code.contains('/')
                && !code.contains([' ', '\n', '<', '*', '{', '$', '='])
                && !code.starts_with(['/', '.', '-']);
            let looks_like_file = code.ends_with('/') || Path::new(code).extension().is_some();
            if is_path
                && looks_like_file
                && !code.contains("://")
                && !code.starts_with("target/")
                && !root().join(code).exists()
            {
                wrong.push(format!("{document}: `{code}`"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "paths that do not exist:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_architecture_names_every_package_folder() {
    let text = read(&root().join("ARCHITECTURE.md"));
    for folder in [
        "ir",
        "passes",
        "zk-isa",
        "egraph-opt",
        "backend-zkasm",
        "prover-bridge",
        "tests",
        "bench",
    ] {
        assert!(
            text.contains(folder),
            "ARCHITECTURE.md says nothing of `{folder}/`"
        );
    }
}

/// A kebab or snake name, so that code, text, command line and test paths spell it alike.
fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b))
}

/// Nothing rebuilds the float routines, so the committed module must be what its recipe made of these sources.
#[test]
fn float_routines_are_those_of_their_sources() {
    let folder = root().join("passes/src/runtime/float");
    let digest = |paths: &[PathBuf]| {
        let mut hash = Sha256::new();
        for path in paths {
            hash.update(std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", shown(path))));
        }
        let bytes = hash.finalize();
        bytes.iter().map(|b| format!("{b:02x}")).collect::<String>()
    };
    let recipe: toml::Table = read(&folder.join("recipe.toml"))
        .parse()
        .expect("the recipe is TOML");
    let recorded = |key: &str| recipe[key].as_str().expect("a hash is text");
    assert_eq!(
        recorded("sha256"),
        digest(&[folder.join("float.wasm")]),
        "run build.sh"
    );
    let soft = std::fs::read_dir(folder.join("src/soft")).expect("the folder is there");
    let mut sources: Vec<PathBuf> = soft.map(|entry| entry.expect("an entry").path()).collect();
    sources.sort();
    sources.insert(0, folder.join("src/lib.rs"));
    assert_eq!(recorded("sources"), digest(&sources), "run build.sh");
}

/// Nothing builds the fuzz crate, which shares `tests/support` with the tests here.
#[test]
fn the_fuzz_crate_has_what_its_sources_use_in_the_same_versions() {
    let table = |path: &str| -> toml::Table {
        let text = read(&root().join(path));
        text.parse().unwrap_or_else(|e| panic!("{path}: {e}"))
    };
    let (ours, theirs) = (table("Cargo.toml"), table("tests/fuzz/Cargo.toml"));
    let version = |row: &toml::Value| {
        let row = row.get("version").unwrap_or(row);
        row.as_str().map(str::to_owned)
    };
    let support: String = std::fs::read_dir(root().join("tests/support"))
        .expect("the folder is there")
        .map(|entry| read(&entry.expect("an entry").path()))
        .collect();
    let workspace = &ours["workspace"]["dependencies"];
    let mut used = 0;
    for (name, row) in ["dependencies", "dev-dependencies"]
        .iter()
        .flat_map(|kind| ours[*kind].as_table().expect("a table"))
    {
        if !support.contains(&format!("{}::", name.replace('-', "_"))) {
            continue;
        }
        used += 1;
        let theirs = &theirs["dependencies"].get(name);
        let theirs = theirs.unwrap_or_else(|| panic!("`{name}` is missing in tests/fuzz"));
        if let Some(ours) = version(workspace.get(name).unwrap_or(row)) {
            assert_eq!(version(theirs), Some(ours), "`{name}` in tests/fuzz");
        }
    }
    assert!(used > 5, "tests/support uses {used} crates");
}

#[test]
fn every_emit_kind_is_documented_and_tested() {
    let inputs = filetest_run_lines();
    let mut names = BTreeSet::new();
    for kind in zkc::emit::EMIT_KINDS {
        assert!(is_plain_name(kind.name), "`{}`", kind.name);
        assert!(names.insert(kind.name), "`{}` stands twice", kind.name);
        assert!(kind.doc.len() > 10, "`{}` has no description", kind.name);
        assert!(
            inputs.contains(&format!("--emit={}", kind.name)),
            "no file test emits `{}`",
            kind.name
        );
    }
}

#[test]
fn every_pass_is_documented_and_tested() {
    let inputs = filetest_run_lines();
    for pass in zkc_passes::opt::PASSES {
        assert!(is_plain_name(pass.name), "`{}`", pass.name);
        assert!(pass.doc.len() > 10, "`{}` has no description", pass.name);
        assert!(
            inputs.contains(&format!("--passes={}", pass.name)),
            "no file test runs `{}` first",
            pass.name
        );
    }
}

#[test]
fn every_op_is_documented() {
    for dialect in [zkc_ir::WASM, zkc_ir::SIMD, zkc_ir::CRANELIFT, zkc_isa::ZK] {
        for op in dialect.ops {
            assert!(
                op.doc.len() > 5,
                "`{}.{}` has no description",
                op.dialect,
                op.name
            );
            assert!(
                !op.doc.ends_with('.'),
                "`{}.{}`: a description ends without full stop",
                op.dialect,
                op.name
            );
        }
    }
}

/// The RUN lines of all file tests, joined.
fn filetest_run_lines() -> String {
    let mut lines = String::new();
    let mut pending = vec![root().join("tests/filetests")];
    while let Some(dir) = pending.pop() {
        for entry in std::fs::read_dir(dir)
            .expect("the file tests are part of the repository")
            .flatten()
        {
            let path = entry.path();
            if path.is_dir() {
                pending.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                text.lines().filter(|l| l.contains("RUN:")).for_each(|l| {
                    lines.push_str(l);
                    lines.push('\n');
                });
            }
        }
    }
    lines
}
