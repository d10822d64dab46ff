//! Fused lines from the command line: mined, chosen by an estimate and by a profile, proven, and written as text.

#[path = "support/command.rs"]
mod command;
#[path = "support/temp.rs"]
mod temp;

use command::zkc;
use temp::TempDir;

#[test]
fn lines_are_mined_fused_and_proven() {
    let dir = TempDir::new("cli-fuse");
    let wat = "(module (func (export \"sum\") (param i32) (result i32) (local i32)
        (loop (local.set 1 (i32.add (local.get 1) (i32.mul (local.get 0) (local.get 0))))
              (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1)))";
    let file = dir.write("sum.wat", wat).display().to_string();
    let mine = |flags: &[&str]| {
        let words = [
            &["mine", &file, "--json"][..],
            flags,
            &["--invoke", "sum", "1000"],
        ]
        .concat();
        let text = zkc(&words).success();
        serde_json::from_str::<serde_json::Value>(&text).expect("JSON")
    };
    let report = mine(&[]);
    let number = |report: &serde_json::Value, key: &str| report[key].as_u64().expect("a number");
    assert!(
        number(&report, "saved_by_chosen") * 2 > number(&report, "cells"),
        "{report}"
    );
    assert_eq!(report["lines"][0]["segments"], 8, "{report}");
    assert_eq!(number(&mine(&["--fuse", "0"]), "saved_by_chosen"), 0);
    let profile = dir.path("run.json").display().to_string();
    zkc(&[
        "run",
        &file,
        "--profile-out",
        &profile,
        "--invoke",
        "sum",
        "1000",
    ])
    .success();
    let prove = |flags: &[&str]| {
        let (proof, vk) = (
            dir.path("p").display().to_string(),
            dir.path("k").display().to_string(),
        );
        let public = dir.path("s").display().to_string();
        let stats = dir.path("stats").display().to_string();
        let fixed = [
            "prove",
            &file,
            "--security",
            "test",
            "-o",
            &proof,
            "--vk",
            &vk,
        ];
        let files = [
            "--public", &public, "--stats", &stats, "--invoke", "sum", "1000",
        ];
        let text = zkc(&[&fixed[..], flags, &files].concat()).success();
        assert!(text.contains("333833500"), "{text}");
        let verify = [
            "verify",
            &proof,
            "--vk",
            &vk,
            "--public",
            &public,
            "--security",
            "test",
        ];
        zkc(&verify).success();
        let stats = std::fs::read_to_string(&stats).expect("it was written");
        let stats: serde_json::Value = serde_json::from_str(&stats).expect("JSON");
        stats["cells"]["total"].as_u64().expect("a number")
    };
    let (plain, fused) = (prove(&["--fuse", "0"]), prove(&[]));
    assert!(fused * 2 < plain, "{fused} of {plain} cells");
    assert!(prove(&["--profile", &profile]) <= fused);
    let text = zkc(&[&file[..]]).success();
    assert!(text.contains("FUSED"), "{text}");
    let text = dir.write("sum.zkasm", &text).display().to_string();
    let again = zkc(&[
        "prove",
        &text,
        "--security",
        "test",
        "--invoke",
        "sum",
        "1000",
    ])
    .success();
    assert!(again.contains("333833500"), "{again}");
    let wrong = "ENTRY f 64 () -> ()\nFUSED 64 2\n  :HALT\n  :HALT\n";
    let wrong = dir.write("wrong.zkasm", wrong).display().to_string();
    let message = zkc(&["run", &wrong, "--invoke", "f"]).diagnostic();
    assert!(
        message.contains("cannot stand in a fused line") && message.contains(":2"),
        "{message}"
    );
}
