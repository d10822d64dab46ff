//! The number of threads changes neither programs nor diagnostics.

use zkc::{Compiler, Options, Roots};

fn options(level: u8, jobs: usize) -> Options {
    Options {
        jobs,
        ..Options::new(level)
    }
}

#[test]
fn programs_do_not_depend_on_the_number_of_threads() {
    for guest in ["sha256", "sort", "base64"] {
        let path = format!("bench/guests/{guest}/{guest}.wasm");
        let wasm = std::fs::read(path).expect("the guest is there");
        for level in 0..=2 {
            let with = |jobs| {
                let compiler = Compiler::new(wasm.clone(), &options(level, jobs));
                let program = compiler.program(&Roots::Exports).expect("compiles");
                let module = compiler.zk_module(&Roots::Exports).expect("compiles");
                (zkc_isa::asm::print(&program), module.print())
            };
            let one = with(1);
            for jobs in [2, 5] {
                assert!(
                    with(jobs) == one,
                    "{guest} at -O{level} with {jobs} threads"
                );
            }
        }
    }
}

#[test]
fn diagnostics_do_not_depend_on_the_number_of_threads() {
    // Two functions that are refused: the first one reached is reported.
    let wasm = wat::parse_str(
        r#"(module
          (import "nobody" "f" (func $f)) (import "nobody" "g" (func $g))
          (func $a (call $b) (call $f)) (func $b (call $g))
          (func (export "run") (call $a) (call $b)))"#,
    )
    .expect("the text is WebAssembly");
    for level in 0..=2 {
        let with = |jobs| zkc::compile(&wasm, &Roots::Exports, &options(level, jobs));
        let one = with(1).expect_err("nobody provides the imports");
        assert_eq!(one.code, "unknown-import");
        for jobs in [2, 5] {
            assert_eq!(with(jobs).expect_err("nobody provides the imports"), one);
        }
    }
}
