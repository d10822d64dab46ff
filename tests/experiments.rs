//! Experiments: `zkc compare`, `zkc sweep`, `zkc ablate`. And what they compare is right: programs compiled with parts left out, or through Cranelift's own optimiser, do what they
//! did, also those in `bench/programs`, which wasmtime runs as they were published.

#[path = "support/command.rs"]
mod command;
mod support;

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use support::{cases, temp::TempDir};
use wasmtime::{Engine, Linker, Module, Store, Val};
use zkc::dropped::{Dropped, Part, droppable};
use zkc::{Options, Roots, Unit};
use zkc_isa::{CostModel, Limits, Status, ZkOp};

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
        // those of the tables; leaving out one part alone is for the guests
        for (way, options) in ways().into_iter().take(4) {
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

/// A loop that shifts to the left: which is a product or a shift by cost.
const SHIFTS: &str = r#"(module (func (export "run") (param $n i32) (result i32) (local $x i32)
  (loop $again
    (local.set $x (i32.add (i32.shl (local.get $x) (i32.const 4)) (local.get $n)))
    (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
  (local.get $x)))"#;

fn json(words: &[&str]) -> Value {
    let text = command::zkc(&[words, &["--json"]].concat()).success();
    serde_json::from_str(&text).expect("JSON was asked for")
}

fn number(value: &Value) -> i64 {
    value
        .as_i64()
        .unwrap_or_else(|| panic!("{value} is no whole number"))
}

#[test]
fn comparing_tells_where_lowerings_differ_and_what_each_saves() {
    let dir = TempDir::new("compare");
    let module = dir.write("shifts.wat", SHIFTS).display().to_string();
    let call = ["compare", module.as_str(), "--invoke", "run", "50"];
    let compared = json(&call);
    let programs = compared["programs"].as_array().expect("programs");
    let cost = |i: usize, model: &str| number(&programs[i]["costs"][model]);
    assert!(cost(0, "cells") < cost(1, "cells"), "{compared}");
    let places = compared["comparisons"][0]["places"]
        .as_array()
        .expect("places");
    let [place] = &places[..] else {
        panic!("{compared}")
    };
    // 50 turns, and eight for a loop as predicted: the difference of the two ops each time
    let op = |side: &str| {
        let name = place[side][0].as_str().expect("one op");
        let found = ZkOp::ALL.iter().find(|op| op.opcode().def().name == name);
        *found.expect("a row of the zk dialect")
    };
    let (ours, theirs) = (op("first has"), op("second has"));
    assert_ne!(ours, theirs);
    for (side, name) in [("first model", "cells"), ("second model", "cpu-cycles")] {
        let model = CostModel::named(name).expect("comes with the machine");
        let each = model.cost(theirs) as i64 - model.cost(ours) as i64;
        let saved = &place["saved by first"][side];
        assert_eq!(number(&saved["executed"]), 50 * each, "{name}");
        assert_eq!(number(&saved["predicted"]), 8 * each, "{name}");
        assert_eq!(cost(1, name) - cost(0, name), 50 * each, "{name}");
    }
    let text = command::zkc(&call).success();
    let name = ours.opcode().def().name;
    assert!(
        text.contains("at 1 places, in 1 ways") && text.contains(name),
        "{text}"
    );
    let csv = command::zkc(&[&call[..], &["--csv"]].concat()).success();
    let columns: Vec<usize> = csv.lines().map(|line| line.matches(',').count()).collect();
    assert_eq!(columns.len(), 2, "{csv}");
    let same = json(
        &[
            &call[..],
            &["--cost-model", "cells", "--cost-model", "cells"],
        ]
        .concat(),
    );
    assert_eq!(same["comparisons"][0]["places"], Value::Array(Vec::new()));
    // what is left out is told apart from the whole, and what no place explains is told
    let without = json(&[&call[..], &["--without", "lower,inline"]].concat());
    let names = without["programs"].as_array().expect("programs").iter();
    let names: Vec<&str> = names.filter_map(|p| p["chosen by"].as_str()).collect();
    assert_eq!(names, ["cells", "cells without lower, inline"]);
    let comparison = &without["comparisons"][0];
    let places = comparison["places"].as_array().expect("places");
    let saved = places
        .iter()
        .map(|p| number(&p["saved by first"]["first model"]["executed"]));
    let rest = number(&comparison["moves and what stands elsewhere"]["first model"]);
    let cost = |i: usize| number(&without["programs"][i]["costs"]["cells"]);
    assert_eq!(cost(1) - cost(0), saved.sum::<i64>() + rest);
    assert!(cost(1) > cost(0) && !places.is_empty());
    let one = command::zkc(&[&call[..], &["--cost-model", "cells"]].concat()).diagnostic();
    assert!(one.contains("two cost models or more"), "{one}");
}

#[test]
fn a_sweep_prices_what_each_model_chooses() {
    let dir = TempDir::new("sweep");
    let module = dir.write("shifts.wat", SHIFTS).display().to_string();
    let svg = dir.path("front.svg").display().to_string();
    let call = ["sweep", module.as_str(), "--invoke", "run", "50"];
    let models = [
        "--cost-model",
        "cells",
        "--cost-model",
        "cpu-cycles",
        "--cost-model",
        "interactions",
    ];
    let swept = json(&[&call[..], &models, &["--mix", "3", "--svg", &svg]].concat());
    let programs = swept["programs"].as_array().expect("programs");
    assert_eq!(programs.len(), 6);
    let prices: Vec<(i64, i64)> = programs
        .iter()
        .map(|p| {
            (
                number(&p["costs"]["cells"]),
                number(&p["costs"]["cpu-cycles"]),
            )
        })
        .collect();
    let beaten = |a: (i64, i64)| prices.iter().any(|&b| b.0 <= a.0 && b.1 <= a.1 && b != a);
    for (program, &price) in programs.iter().zip(&prices) {
        assert!(
            !(program["on the front"] == true && beaten(price)),
            "{swept}"
        );
    }
    // each model's own program is the best by it
    assert_eq!(prices.iter().map(|p| p.0).min(), Some(prices[0].0));
    assert_eq!(prices.iter().map(|p| p.1).min(), Some(prices[4].1));
    let chart = std::fs::read_to_string(&svg).expect("the chart was written");
    assert_eq!(chart.matches("<circle").count(), 6);
    let one = ["--cost-model", "cells", "--mix", "3"];
    let refused = command::zkc(&[&call[..], &one].concat()).diagnostic();
    assert!(refused.contains("about two cost models"), "{refused}");
    let two = [
        "run",
        module.as_str(),
        "--invoke",
        "run",
        "5",
        "--cost-model",
        "cells",
        "--cost-model",
        "rows",
    ];
    assert!(
        command::zkc(&two)
            .diagnostic()
            .contains("one cost model chooses")
    );
}

#[test]
fn ablation_shows_what_each_part_is_worth() {
    let dir = TempDir::new("ablate");
    let module = dir.write("shifts.wat", SHIFTS).display().to_string();
    let call = ["ablate", module.as_str(), "--invoke", "run", "50"];
    let ablated = json(&call);
    let variants = ablated["variants"].as_array().expect("variants");
    assert_eq!(variants[0]["left out"], "nothing");
    let costs: Vec<i64> = variants
        .iter()
        .map(|v| number(&v["costs"]["cells"]))
        .collect();
    assert!(costs[1..].is_sorted_by(|a, b| a >= b), "{costs:?}");
    let of = |part: &str| variants.iter().filter(|v| v["part"] == part).count();
    assert!(of("rule") > 0);
    assert_eq!(of("group"), zkc_egraph::Group::ALL.len());
    assert_eq!(of("pass"), zkc_passes::opt::steps().count() + 1);
    // without forms with constants every constant is an instruction
    let lower = variants
        .iter()
        .position(|v| v["left out"] == "lower")
        .expect("a group");
    assert!(costs[lower] > costs[0], "{ablated}");
    let passes = json(&[&call[..], &["--parts", "pass", "--prove"]].concat());
    let passes = passes["variants"].as_array().expect("variants");
    assert!(passes[1..].iter().all(|v| v["part"] == "pass"));
    assert!(
        passes
            .iter()
            .all(|v| v["proving seconds"].as_f64() > Some(0.0))
    );
    let bad = command::zkc(&["ablate", &module, "--invoke", "run"]).diagnostic();
    assert!(bad.contains("`run` takes 1 arguments, 0 given"), "{bad}");
}

#[test]
fn every_op_has_its_choices_and_the_rules_that_made_it() {
    for (name, func) in [("sha256", "compress"), ("base64", "run"), ("nbody", "run")] {
        let file = cases::guests_dir().join(format!("{name}/{name}.wasm"));
        let file = file.to_str().expect("a path of text");
        let emitted = command::zkc(&[file, "--emit=choices-json"]).success();
        let functions = emitted.lines().map(|line| {
            let function: Value = serde_json::from_str(line).expect("a line of JSON");
            function
        });
        let mut functions: Vec<Value> = functions.collect();
        functions.retain(|f| {
            f["function"]
                .as_str()
                .is_some_and(|name| name.contains(func))
        });
        assert!(
            !functions.is_empty(),
            "{name} has no function like `{func}`"
        );
        for function in functions {
            let symbol = function["function"].as_str().expect("a name");
            let text = command::zkc(&[file, "--emit=zk-ir", "--func", symbol]).success();
            let ops = function["ops"].as_array().expect("ops");
            let (mut written, mut rewritten) = (0, 0);
            for op in ops {
                let forms = op["forms"].as_array().expect("forms");
                let chosen: Vec<&Value> = forms.iter().filter(|f| f["chosen"] == true).collect();
                let [chosen] = chosen[..] else {
                    panic!("{op} has {} chosen forms", chosen.len())
                };
                written += number(&op["blocks"]);
                let instruction = chosen["instruction"].as_str().expect("an op has one");
                if op["class"].is_null() || instruction == "li" {
                    continue;
                }
                let rules = chosen["rules"].as_array().expect("rules");
                let last = rules.last().and_then(Value::as_str).unwrap_or_default();
                let lowers = |r: &zkc_egraph::Rule| r.name == last && r.rhs.contains("zk.");
                assert!(zkc_egraph::rules().any(lowers), "{op}");
                rewritten += usize::from(rules.len() > 1);
            }
            let lines = text.lines().filter(|line| line.contains("zk.")).count();
            assert_eq!(written, lines as i64, "{symbol}");
            assert!(rewritten > 0, "{symbol}: no rule led to any form");
        }
    }
}
