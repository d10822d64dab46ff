//! Cost models: `cells` is what the prover's chips cost, not what somebody typed; files are checked; a run tells its costs.

#[path = "support/command.rs"]
mod command;
#[path = "support/temp.rs"]
mod temp;

use command::zkc;
use temp::TempDir;
use zkc_isa::{CostModel, ZkOp};

#[test]
fn the_cells_model_is_the_one_derived_from_the_chips() {
    let derived = zkc_prover::cells_model();
    let shipped = CostModel::named("cells").expect("comes with the machine");
    for &op in ZkOp::ALL {
        let name = op.opcode().def().name;
        let hint = "run `zkc cost-model derive` and put its output into zk-isa/models/cells.toml";
        assert_eq!(shipped.cost(op), derived.cost(op), "`{name}`: {hint}");
    }
}

#[test]
fn the_seconds_model_follows_from_the_fit_in_its_file() {
    let shipped = CostModel::named("seconds").expect("comes with the machine");
    let derived = zkc_prover::Fit::shipped().model();
    for &op in ZkOp::ALL {
        let name = op.opcode().def().name;
        let hint = "run `zkc cost-model derive --fit seconds` and put its output into zk-isa/models/seconds.toml";
        assert_eq!(shipped.cost(op), derived.cost(op), "`{name}`: {hint}");
    }
    let text = zkc(&["cost-model", "derive", "--fit", "seconds"]).success();
    assert_eq!(
        zkc_prover::Fit::parse(&text),
        Ok(zkc_prover::Fit::shipped())
    );
    assert_eq!(CostModel::parse(&text), Ok(shipped));
}

#[test]
fn the_prover_is_timed_and_a_model_written_that_predicts() {
    let dir = TempDir::new("calibrate");
    let file = dir.path("own.toml").display().to_string();
    let words = [
        "calibrate",
        "--quick",
        "--rounds",
        "1",
        "--out",
        &file,
        "--json",
    ];
    let text = zkc(&words).success();
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON was asked for");
    let proofs = json["proofs"].as_array().expect("proofs");
    assert!(proofs.len() > 10, "{text}");
    for proof in proofs {
        // The machine may be busy, so no more is asked than that the order is right.
        let time = proof["cpu_seconds"][0].as_f64().expect("a time");
        let predicted = proof["predicted_seconds"].as_f64().expect("a time");
        assert!(
            time > 0.0 && predicted > time / 4.0 && predicted < time * 4.0,
            "{proof}"
        );
    }
    let (code, _, stderr) = zkc::commands::run_words(&["cost-model", "check", &file]);
    assert_eq!(
        (code, stderr.as_str()),
        (0, "cost model `seconds` is good\n")
    );
    let text = std::fs::read_to_string(&file).expect("it was written");
    let old = text.replacen("\ntry = ", "\ntry = -", 1);
    let old = dir.write("old.toml", &old).display().to_string();
    zkc(&["cost-model", "check", &old]).diagnostic();
    let guest = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/guests/fib/fib.wasm");
    let run = [
        "run",
        guest,
        "--cost-model",
        &file,
        "--predict",
        &file,
        "--json",
        "--invoke",
        "run",
        "300",
    ];
    let run: serde_json::Value =
        serde_json::from_str(&zkc(&run).success()).expect("JSON was asked for");
    let predicted = run["predicted_seconds"]["cpu"].as_f64().expect("a time");
    assert!(predicted > 0.0 && predicted < 60.0, "{run}");
    let (code, _, stderr) =
        zkc::commands::run_words(&["run", guest, "--predict", "cells", "--invoke", "run", "300"]);
    assert_eq!(code, 1);
    assert!(stderr.contains("no table `[fit]`"), "{stderr}");
}

#[test]
fn fits_are_checked() {
    let shipped = zkc_prover::Fit::shipped().to_toml();
    let refused = |from: &str, to: &str| {
        assert!(shipped.contains(from), "{from}");
        zkc_prover::Fit::parse(&shipped.replacen(from, to, 1)).expect_err("it is no fit")
    };
    assert!(refused("\ntry = ", "\ntry = -").contains("expected 0 or more"));
    assert!(refused("\ntry = ", "\ntyr = ").contains("`try`"));
    assert!(refused("[fit.seconds]\n", "[fit.seconds]\ntyr = 1.0\n").contains("`tyr`"));
    assert!(refused("\nthreads = ", "\nthread = ").contains("thread"));
    assert!(refused("\ntry = ", "\ntry = \"1\" #").contains("invalid type"));
}

#[test]
fn every_model_shows_a_cost_for_every_instruction() {
    for (name, _) in zkc_isa::MODELS {
        let (code, stdout, stderr) = zkc::commands::run_words(&["cost-model", "show", name]);
        assert_eq!((code, stderr.as_str()), (0, ""), "{name}");
        for op in ZkOp::ALL {
            let op = op.opcode().def().name;
            let line = |line: &&str| line.split_whitespace().next() == Some(op);
            assert_eq!(stdout.lines().filter(line).count(), 1, "{name}: {op}");
        }
    }
}

#[test]
fn cost_models_can_be_shown_and_checked() {
    let dir = TempDir::new("cli-model");
    let shown = zkc(&["cost-model", "show", "cells"]).success();
    assert!(shown.contains("add32"), "{shown}");
    zkc(&["cost-model", "show", "no-such-model"]).diagnostic();
    let bad = dir
        .write("bad.toml", "this is = not a model [")
        .display()
        .to_string();
    zkc(&["cost-model", "check", bad.as_str()]).diagnostic();
    let own = dir
        .write(
            "own.toml",
            "name = \"own\"\ndefault = 3\n[sums]\nmul64 = \"add64 add64\"",
        )
        .display()
        .to_string();
    zkc(&["cost-model", "check", own.as_str()]).success();
    let shown = zkc(&["cost-model", "show", own.as_str(), "--json"]).success();
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON was asked for");
    let of = |name: &str| {
        let rows = shown["instructions"].as_array().expect("rows");
        let row = rows.iter().find(|row| row["name"] == name).expect("a row");
        (row["cost"].clone(), row["chip"]["cells"]["total"].clone())
    };
    let cells = CostModel::named("cells").expect("comes with the machine");
    let mul = cells.cost(ZkOp::Mul64);
    assert_eq!(of("mul64"), (6.into(), mul.into()));
    let bad = dir
        .write(
            "zero.toml",
            "name = \"z\"\ndefault = 1\n[costs]\nadd64 = 0\nsub46 = 1",
        )
        .display()
        .to_string();
    let (code, _, stderr) = zkc::commands::run_words(&["cost-model", "check", &bad]);
    assert_eq!(code, 1);
    for place in ["zero.toml:4:9", "zero.toml:5:1"] {
        assert!(stderr.contains(place), "{stderr}");
    }
}

#[test]
fn a_run_and_its_proof_tell_the_same_costs() {
    let guest = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/guests/fib/fib.wasm");
    let call = ["--invoke", "run", "300"];
    let json = |words: &[&str]| {
        let text = zkc(words).success();
        serde_json::from_str::<serde_json::Value>(&text).expect("JSON was asked for")
    };
    let run = json(&[&["run", guest, "--json"][..], &call].concat());
    let prove = ["prove", guest, "--json", "--security", "test"];
    let proof = json(&[&prove[..], &call].concat());
    for part in ["steps", "chips", "padding"] {
        assert_eq!(run[part], proof[part], "{part}");
    }
    assert_eq!(run["status"], "ok");
    assert_eq!(run["cells"]["total"], proof["cells"]["total"]);
    let sum = |part: &str| -> u64 {
        let chips = run["chips"].as_array().expect("chips").iter();
        chips
            .map(|c| c[part]["total"].as_u64().expect("a number"))
            .sum()
    };
    assert_eq!(run["cells"]["total"], sum("cells"));
    assert_eq!(run["padding"]["total"], sum("padding"));
    assert!(sum("padding") < sum("cells"));
    let (code, _, table) =
        zkc::commands::run_words(&[&["run", guest, "--chips"][..], &call].concat());
    assert_eq!(code, 0);
    let last = table.lines().last().expect("a table");
    let total = run["cells"]["total"].to_string();
    assert!(last.starts_with("all ") && last.contains(&total), "{table}");
}
