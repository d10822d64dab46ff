//! The second processor from the command line.

#[path = "support/temp.rs"]
mod temp;

use temp::TempDir;
use zkc::commands::run_words;

const SUM: &str = "; the sum of 1 to 10, in a variable called result
VAR GLOBAL result
start:
    10 => C
loop:
    A + C => A
    C - 1 => C          :JMPNZ(loop)
    A                   :MSTORE(result)
halt:
    ${beforeLast()}     :JMPN(halt)
    0 => A              :JMP(start)
";

fn run(files: &[(&str, &str)], words: &[&str]) -> (u8, String, String) {
    let dir = TempDir::new("hermez");
    for (name, text) in files {
        std::fs::write(dir.path(name), text).expect("a file is written");
    }
    let main = dir.path(files[0].0).display().to_string();
    let mut all = vec!["run", main.as_str(), "--target=hermez64"];
    all.extend_from_slice(words);
    run_words(&all)
}

#[test]
fn zkasm_runs_with_its_counters() {
    let (code, stdout, stderr) = run(&[("sum.zkasm", SUM)], &[]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let expected = "status:    ok\nresult 0:  55\nA          55\n\
        steps:     24\narith:     0\nbinary:    0\nmem:       1\nmemAlign:  0\n";
    assert_eq!(stdout, expected);
    let (code, stdout, _) = run(&[("sum.zkasm", SUM)], &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(
        (code, &json["results"], &json["registers"]["A"]),
        (0, &serde_json::json!([55]), &55.into())
    );
    assert_eq!(
        json["counters"],
        serde_json::json!({"steps": 24, "arith": 0, "binary": 0, "mem": 1, "memAlign": 0})
    );
}

#[test]
fn includes_are_read_from_beside_the_file() {
    let main = SUM.replace("    A + C => A\n", "INCLUDE \"add.zkasm\"\n");
    let (code, stdout, stderr) = run(&[("sum.zkasm", &main), ("add.zkasm", "A + C => A\n")], &[]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.contains("result 0:  55"), "{stdout}");
    let (code, _, stderr) = run(&[("sum.zkasm", &main)], &[]);
    assert_eq!(code, 1);
    assert!(stderr.contains("cannot include `add.zkasm`"), "{stderr}");
}

#[test]
fn a_trap_status_and_a_refused_run_have_their_codes() {
    let trapped = SUM.replace("halt:\n", "    5 => A\nhalt:\n");
    let (code, stdout, _) = run(&[("trap.zkasm", &trapped)], &[]);
    assert_eq!(code, 3);
    assert!(
        stdout.starts_with("status:    out-of-bounds-memory-access\n"),
        "{stdout}"
    );

    let wrong = SUM.replace("halt:\n", "    54 :ASSERT\nhalt:\n");
    let (code, stdout, stderr) = run(&[("wrong.zkasm", &wrong)], &[]);
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(
        stderr.contains("constraint Assert does not hold"),
        "{stderr}"
    );
    assert!(stderr.contains("wrong.zkasm:9"), "{stderr}");

    let (code, _, stderr) = run(&[("sum.zkasm", SUM)], &["--max-steps", "10"]);
    assert_eq!(code, 1);
    assert!(stderr.contains("more than 10 steps"), "{stderr}");
}

#[test]
fn bad_text_is_refused_with_its_place() {
    let (code, _, stderr) = run(&[("bad.zkasm", "start:\n    A => => B\n")], &[]);
    assert_eq!(code, 1);
    assert!(stderr.contains("bad.zkasm:2:10"), "{stderr}");
    let (code, _, stderr) = run(&[("hash.zkasm", "    A :HASHK(0)\n")], &[]);
    assert_eq!(code, 1);
    assert!(
        stderr.contains("`HASHK`, which the 64-bit machine"),
        "{stderr}"
    );
}
