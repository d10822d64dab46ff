//! What experiments compare is right: programs compiled with parts left out, or through Cranelift's own optimiser, do what they
//! did, also those in `bench/programs`, which wasmtime runs as they were published.

#[path = "support/command.rs"]
mod command;
mod support;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use support::cases;
use wasmtime::{Engine, Linker, Module, Store, Val};
use zkc::dropped::{Dropped, Part, droppable};
use zkc::{Options, Roots, Unit};
use zkc_isa::{CostModel, Limits, Status};

fn programs_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/programs")
}

/// The modules of a program in `bench/programs`, the one that drives it last.
fn modules(name: &str) -> Vec<(String, PathBuf)> {
    let dir = programs_dir().join(name);
    let files = [
        ("env", "env.wat".to_owned()),
        (name, format!("{name}.wasm")),
        ("main", "run.wat".to_owned()),
    ];
    let files = files.map(|(module, file)| (module.to_owned(), dir.join(file)));
    files
        .into_iter()
        .filter(|(_, file)| file.exists())
        .collect()
}

fn read(file: &Path) -> Vec<u8> {
    let bytes = std::fs::read(file).expect("the file is in the repository");
    wat::parse_bytes(&bytes)
        .expect("it is a module")
        .into_owned()
}

/// Ways to compile that experiments compare.
fn ways() -> Vec<(&'static str, Options)> {
    let mut ways = vec![("-O2", Options::new(2))];
    let mut options = Options::new(2);
    options.dropped = Dropped::egraph();
    ways.push(("--no-egraph", options.clone()));
    options.clif_opt = true;
    ways.push(("--no-egraph --clif-opt", options));
    let mut options = Options::new(2);
    options.clif_opt = true;
    ways.push(("--clif-opt", options));
    for (part, name) in droppable() {
        if part != Part::Rule {
            let mut options = Options::new(2);
            options.dropped.insert(name).expect("it can be dropped");
            ways.push((name, options));
        }
    }
    ways
}

/// Results, output and cells of a run.
fn run(
    units: &[(String, Vec<u8>)],
    invoke: &str,
    args: &[u64],
    options: &Options,
) -> (Vec<u64>, Vec<u8>, u64) {
    let units = units
        .iter()
        .map(|(name, wasm)| Unit::new(name, wasm.clone()))
        .collect();
    let roots = Roots::Named(vec![invoke.to_owned()]);
    let program = zkc::compile_units(units, &roots, options).expect("it compiles");
    let model = CostModel::named("cells").expect("comes with the machine");
    let mut cells = 0;
    let outcome = zkc_isa::trace(
        &program,
        invoke,
        args,
        &[],
        &Limits::default(),
        &mut |step| {
            cells += model.cost(step.inst.op);
        },
    )
    .expect("it runs");
    assert_eq!(outcome.status, Status::Done);
    (outcome.results, outcome.output, cells)
}

fn under_wasmtime(name: &str, arg: i32) -> i64 {
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    let mut store = Store::new(&engine, ());
    let mut last = None;
    for (module, file) in modules(name) {
        let binary = Module::new(&engine, read(&file)).expect("the module is valid");
        let instance = linker.instantiate(&mut store, &binary).expect("it links");
        if let Some(initialize) = instance.get_func(&mut store, "_initialize") {
            initialize
                .call(&mut store, &[], &mut [])
                .expect("it returns");
        }
        linker
            .instance(&mut store, &module, instance)
            .expect("names differ");
        last = Some(instance);
    }
    let run = last
        .and_then(|i| i.get_func(&mut store, "run"))
        .expect("`run` is exported");
    let mut results = [Val::I64(0)];
    run.call(&mut store, &[Val::I32(arg)], &mut results)
        .expect("it returns");
    results[0].unwrap_i64()
}

#[test]
fn programs_agree_with_wasmtime_however_they_are_compiled() {
    for (name, arg) in [("xxhash", 200), ("llhttp", 2), ("sourcemap", 300)] {
        let expected = under_wasmtime(name, arg);
        assert_ne!(expected, 0);
        let units: Vec<(String, Vec<u8>)> = modules(name)
            .into_iter()
            .map(|(module, file)| (module, read(&file)))
            .collect();
        for (way, options) in ways() {
            let (results, _, _) = run(&units, "run", &[arg as u64], &options);
            assert_eq!(results, [expected as u64], "{name} {way}");
        }
    }
}

#[test]
fn guests_do_the_same_however_they_are_compiled() {
    for (name, args) in [("sha256", 100), ("sort", 20), ("base64", 30), ("nbody", 1)] {
        let guest = cases::guest(name);
        let units = [("main".to_owned(), guest.wasm)];
        let mut expected = None;
        for (way, options) in ways() {
            let (results, output, _) = run(&units, "run", &[args], &options);
            let first = expected.get_or_insert((results.clone(), output.clone()));
            assert_eq!(*first, (results, output), "{name} {way}");
        }
    }
}

#[test]
fn rewriting_saves_cells() {
    let guest = cases::guest("mandelbrot");
    let units = [("main".to_owned(), guest.wasm)];
    let cells = |options: &Options| run(&units, "run", &[2], options).2;
    let mut without = Options::new(2);
    without.dropped = Dropped::egraph();
    assert!(cells(&Options::new(2)) < cells(&without));
}

#[derive(Deserialize)]
struct Recipe {
    wasm: String,
    sha256: String,
}

#[test]
fn modules_are_those_of_their_recipes() {
    let text = std::fs::read_to_string(programs_dir().join("recipes.toml")).expect("it is there");
    let recipes: BTreeMap<String, Recipe> = toml::from_str(&text).expect("it is TOML");
    assert_eq!(recipes.len(), 3);
    for (name, recipe) in recipes {
        let bytes = std::fs::read(programs_dir().join(&recipe.wasm)).expect("it is there");
        assert_eq!(
            cases::to_hex(&Sha256::digest(&bytes)),
            recipe.sha256,
            "{name}"
        );
    }
}

#[test]
fn what_cannot_be_left_out_is_diagnosed() {
    let guest = cases::guests_dir().join("fib/fib.wasm");
    let guest = guest.to_str().expect("a path of text");
    let run = |drop: &str| command::zkc(&["run", guest, "--invoke", "run", "9", "--drop", drop]);
    assert_eq!(run("inline,arith,lower").success(), run("dce").success());
    let message = run("inlining").diagnostic();
    assert!(
        message.contains("no rule or group of rules is called `inlining`"),
        "{message}"
    );
    assert!(message.contains("passes: inline, fold"), "{message}");
    let message = run("lower-add").diagnostic();
    assert!(
        message.contains("rule `lower-add` gives its ops their only form"),
        "{message}"
    );
}
