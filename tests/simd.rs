//! Every vector instruction: its lowering against its row, in the evaluators of the wasm and of the cranelift dialect, and
//! the machine's runs against wasmtime's and against the constraints of a proof, on random and extreme lanes.
//!
//! The rows are read from the table, so a new one is tested without a word here.

mod support;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use support::random::Random;
use zkc::Roots;
use zkc::spec::{Called, Session};
use zkc_ir::eval::{EvalError, Instance, Limits, WasmInstance, run_cranelift};
use zkc_ir::simd::LaneOp;
use zkc_ir::{
    Arity, Attr, AttrKind, Body, Builder, Export, ExportKind, Func, FuncBody, Memory, Module,
    Signature, SimdOp, Ty, Type, WasmOp,
};
use zkc_isa::CostModel;
use zkc_passes::decode::ModuleItems;
use zkc_passes::{Options, Unit, call_graph, compile_to_cranelift, link};
use zkc_prover::ProvingKey;
use zkc_prover::testing::Trace;

/// Where memory ends.
const END: u64 = 65_536;

/// A module whose function 0 is one instruction.
fn module(op: SimdOp, attrs: Vec<Attr>) -> Module {
    let types = |arity: Arity| -> Vec<Type> {
        let (Arity::Fixed(list) | Arity::Variadic(list)) = arity;
        let exact = |ty: &Ty| match ty {
            Ty::Is(ty) => *ty,
            other => panic!("a vector row has fixed types, not {other:?}"),
        };
        list.iter().map(exact).collect()
    };
    let row = op.opcode().def();
    let signature = Signature::new(types(row.operands), types(row.results));
    let mut builder = Builder::new(signature.clone());
    builder.set_locals(signature.params.clone());
    let root = builder.body().root();
    let entry = builder.block(root, &signature.params);
    builder.switch_to(entry);
    let args = builder.body().block(entry).params.clone();
    let op = builder.op(op, &args, attrs, &signature.results);
    let results = builder.body().op(op).results.clone();
    builder.op(WasmOp::End, &results, Vec::new(), &[]);
    Module {
        types: vec![signature.clone()],
        funcs: vec![Func {
            name: "f".to_owned(),
            type_index: 0,
            signature,
            start: 0,
            body: FuncBody::Body(Box::new(builder.finish())),
        }],
        memories: vec![Memory {
            min: END / 65_536,
            max: None,
            import: None,
        }],
        exports: vec![Export {
            name: "f".to_owned(),
            kind: ExportKind::Func(0),
        }],
        ..Module::default()
    }
}

/// Words with lanes that are likely to be extreme.
fn word() -> impl Strategy<Value = u64> {
    let lanes = |bits: u32, lanes: Vec<u64>| {
        let place =
            |(i, lane): (usize, u64)| (lane & (u64::MAX >> (64 - bits))) << (i as u32 * bits);
        lanes
            .into_iter()
            .enumerate()
            .map(place)
            .fold(0, |a, b| a | b)
    };
    let extreme = |bits: u32| {
        let top = 1_u64 << (bits - 1);
        prop_oneof![
            Just(0),
            Just(1),
            Just(top),
            Just(top - 1),
            Just(top + 1),
            Just(u64::MAX),
            (0..17_u64).boxed(),
            any::<u64>(),
            any::<u64>().prop_map(|x| x >> 32),
        ]
    };
    let of = move |bits: u32| {
        prop::collection::vec(extreme(bits), (64 / bits) as usize).prop_map(move |l| lanes(bits, l))
    };
    // Mostly all lanes are numbers of half their width, and often the first or last one.
    let halved = move |bits: u32| {
        let end = 1_i64 << (bits / 2 - 1);
        let edge = prop_oneof![
            Just(-end),
            Just(end - 1),
            Just(2 * end - 1),
            Just(-1),
            0..end
        ];
        let beyond = prop_oneof![Just(-end - 1), Just(end), Just(2 * end)];
        let lane = prop_oneof![12 => edge, 1 => beyond].prop_map(|x| x as u64);
        prop::collection::vec(lane, (64 / bits) as usize).prop_map(move |l| lanes(bits, l))
    };
    let floats = [
        f32::NAN,
        f32::INFINITY,
        -f32::INFINITY,
        -0.0,
        1.5,
        -2.5,
        0.5,
        2147483648.0,
        -2147483904.0,
        4294967296.0,
        1e-45,
    ];
    let float = (0..floats.len(), 0..floats.len()).prop_map(move |(a, b)| {
        u64::from(floats[a].to_bits()) | u64::from(floats[b].to_bits()) << 32
    });
    let double = (0..floats.len()).prop_map(move |a| f64::from(floats[a]).to_bits());
    let halves = prop_oneof![halved(16), halved(32)];
    prop_oneof![of(8), of(16), of(32), of(64), halves, float, double]
}

/// Attributes for a row.
fn attrs(op: SimdOp) -> impl Strategy<Value = Vec<Attr>> {
    let lanes = (128 / op.shape().bits()).max(1);
    (word(), word(), 0..lanes, 0_u64..40).prop_map(move |(low, high, lane, offset)| {
        let mut halves = [low, high].into_iter();
        let kinds = op.opcode().def().attrs.iter();
        kinds
            .map(|(_, kind)| match kind {
                AttrKind::Int => Attr::Int(halves.next().expect("a vector is two words")),
                AttrKind::Index => Attr::Index(lane),
                AttrKind::Mem => Attr::Mem { offset, align: 0 },
                other => panic!("no vector row has an attribute like {other:?}"),
            })
            .collect()
    })
}

/// What a run gave, and the memory after it.
type Outcome = (Result<Vec<u64>, EvalError>, Vec<(u64, u64)>);

fn fill(instance: &mut Instance, seed: u64) {
    for word in END / 8 - 16..END / 8 {
        let bytes = seed.wrapping_mul(word | 1).rotate_left(23).to_le_bytes();
        instance
            .memory
            .write(word * 8, &bytes)
            .expect("the words exist");
    }
}

fn outcome(results: Result<Vec<u64>, EvalError>, instance: &Instance) -> Outcome {
    (results, instance.memory.nonzero_words().collect())
}

/// A module with the runtime behind it.
fn linked(module: Module) -> Module {
    let items = ModuleItems {
        module,
        globals: Vec::new(),
        bodies: Vec::new(),
    };
    let linked = link(&Unit::in_order([("main", &items)]));
    linked.expect("nothing is imported").module
}

fn compare(op: SimdOp, attrs: Vec<Attr>, words: &[u64]) {
    let module = linked(module(op, attrs));
    // an address near the end of the memory, and operands cut to their types
    let params = &module.funcs[0].signature.params;
    let mut args: Vec<u64> = words[..params.len()].to_vec();
    for (arg, ty) in args
        .iter_mut()
        .zip(params)
        .filter(|(_, ty)| ty.bits() == 32)
    {
        *arg &= 0xffff_ffff;
        assert_ne!(*ty, Type::V128);
    }
    if op.access_bytes() > 0 {
        args[0] = END - 48 + args[0] % 56;
    }
    let mut wasm = WasmInstance::new(&module, &[]).expect("no segment can trap");
    fill(&mut wasm.instance, words[0]);
    let results = wasm.invoke(0, &args);
    let expected = outcome(results, &wasm.instance);
    for cleanups in [false, true] {
        let options = Options {
            clif_opt: false,
            cleanups,
        };
        let needed = call_graph::needed(&module, &[0]).expect("all code is supported");
        let mut bodies: BTreeMap<u32, Body> = BTreeMap::new();
        for index in needed {
            let body = compile_to_cranelift(&module, index, options);
            bodies.insert(
                index,
                body.unwrap_or_else(|d| panic!("{:?}: {d}", op.opcode())),
            );
        }
        let mut instance = Instance::new(&module, &[]).expect("no segment can trap");
        fill(&mut instance, words[0]);
        let get = |index: u32| bodies.get(&index);
        let results = run_cranelift(
            &module,
            &get,
            &mut instance,
            &mut Limits::default(),
            (0, &args),
        );
        let got = outcome(results, &instance);
        assert_eq!(
            got,
            expected,
            "{:?} of {args:x?}, clean-ups {cleanups}",
            op.opcode()
        );
    }
}

#[test]
fn every_row_is_lowered_to_what_it_means() {
    let config = Config {
        cases: 60,
        failure_persistence: None,
        ..Config::default()
    };
    let mut failures = Vec::new();
    for &op in SimdOp::ALL {
        // one for each row, because a runner counts its cases over all its runs
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let mut runner = TestRunner::new_with_rng(config.clone(), rng);
        let strategy = (attrs(op), prop::collection::vec(word(), 6));
        let outcome = runner.run(&strategy, |(attrs, words)| {
            compare(op, attrs, &words);
            Ok(())
        });
        if let Err(e) = outcome {
            failures.push(format!("{:?}: {e}", op.opcode()));
        }
    }
    assert!(
        failures.is_empty(),
        "{} rows:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// The vectors and scalars an instruction takes, in order, as types of WAT.
fn operands(op: SimdOp) -> Vec<&'static str> {
    let (Arity::Fixed(list) | Arity::Variadic(list)) = op.opcode().def().operands;
    let mut types: Vec<&str> = list
        .iter()
        .map(|ty| match ty {
            Ty::Is(ty) => ty.name(),
            other => panic!("a vector row has fixed types, not {other:?}"),
        })
        .collect();
    let mut all = Vec::new();
    if op.access_bytes() > 0 {
        all.push(types.remove(0));
    }
    for pair in types.chunks(2) {
        all.push(if pair.len() == 2 { "v128" } else { pair[0] });
    }
    all
}

/// The immediates of an instruction in WAT; `last` asks for those of the last lane.
fn immediates(op: SimdOp, last: bool, random: &mut Random) -> String {
    let lanes = (128 / op.shape().bits()).max(1);
    let mut text = String::new();
    match op.lane_op() {
        LaneOp::Const => {
            let _ = write!(text, " i64x2 {} {}", random.next(), random.next());
        }
        LaneOp::Shuffle => {
            // anything, or what lies at a distance over both operands
            for i in 0..16 {
                let name = if last { i + 5 } else { random.below(32) };
                let _ = write!(text, " {name}");
            }
        }
        _ => {
            for (_, kind) in op.opcode().def().attrs {
                let _ = match kind {
                    AttrKind::Mem => write!(text, " offset={}", u32::from(last) * 9),
                    _ => write!(text, " {}", if last { lanes - 1 } else { lanes / 3 }),
                };
            }
        }
    }
    text
}

/// A module with two functions for each instruction, whose vectors are given and returned as words.
fn module_of_all() -> String {
    let mut random = Random::new(7);
    let mut text =
        String::from("(module (memory (export \"memory\") 1) (data (i32.const 65408) \"");
    (0..128).for_each(|i| {
        let _ = write!(text, "\\{:02x}", i * 37 % 256);
    });
    text.push_str("\")\n");
    for &op in SimdOp::ALL {
        let row = op.opcode().def();
        for last in [false, true] {
            let (mut params, mut args, mut next) = (String::new(), String::new(), 0);
            for ty in operands(op) {
                if ty == "v128" {
                    params.push_str(" i64 i64");
                    let _ = write!(
                        args,
                        " (i64x2.replace_lane 1 (i64x2.splat (local.get {next})) (local.get {}))",
                        next + 1
                    );
                    next += 2;
                } else {
                    let _ = write!(params, " {ty}");
                    let _ = write!(args, " (local.get {next})");
                    next += 1;
                }
            }
            let immediates = immediates(op, last, &mut random);
            let value = format!("({}{immediates}{args})", row.name);
            let (Arity::Fixed(results) | Arity::Variadic(results)) = row.results;
            let (types, code) = match results {
                [] => (String::new(), value),
                [Ty::Is(ty)] => (format!("(result {ty})"), value),
                _ => (
                    "(result i64 i64)".to_owned(),
                    format!(
                        "(local.set {next} {value}) (i64x2.extract_lane 0 (local.get {next})) \
                         (i64x2.extract_lane 1 (local.get {next}))"
                    ),
                ),
            };
            let _ = writeln!(
                text,
                "(func (export \"{}{}\") (param{params}) {types} (local v128) {code})",
                row.name,
                if last { "'" } else { "" }
            );
        }
    }
    text.push(')');
    text
}

/// One instance under wasmtime, with what WebAssembly leaves open fixed as zkc fixes it.
struct Wasmtime {
    store: wasmtime::Store<()>,
    instance: wasmtime::Instance,
}

impl Wasmtime {
    fn new(wasm: &[u8]) -> Wasmtime {
        let mut config = wasmtime::Config::new();
        config.relaxed_simd_deterministic(true);
        config.cranelift_nan_canonicalization(true);
        let engine = wasmtime::Engine::new(&config).expect("the configuration is possible");
        let module = wasmtime::Module::new(&engine, wasm).expect("wasmtime takes the module");
        let mut store = wasmtime::Store::new(&engine, ());
        let instance = wasmtime::Instance::new(&mut store, &module, &[]).expect("nothing traps");
        Wasmtime { store, instance }
    }

    fn call(&mut self, name: &str, args: &[u64]) -> Called {
        use wasmtime::{Val, ValType};
        let func = self
            .instance
            .get_func(&mut self.store, name)
            .expect("the export is there");
        let ty = func.ty(&self.store);
        let args: Vec<Val> = ty
            .params()
            .zip(args)
            .map(|(ty, &word)| match ty {
                ValType::I32 => Val::I32(word as i32),
                ValType::F32 => Val::F32(word as u32),
                ValType::F64 => Val::F64(word),
                _ => Val::I64(word as i64),
            })
            .collect();
        let mut results = vec![Val::I32(0); ty.results().len()];
        match func.call(&mut self.store, &args, &mut results) {
            Ok(()) => Called::Values(
                results
                    .iter()
                    .map(|val| match val {
                        Val::I32(v) => u64::from(*v as u32),
                        Val::I64(v) => *v as u64,
                        Val::F32(bits) => u64::from(*bits),
                        Val::F64(bits) => *bits,
                        other => panic!("no function here returns {other:?}"),
                    })
                    .collect(),
            ),
            Err(e) => match e.downcast_ref::<wasmtime::Trap>() {
                Some(wasmtime::Trap::MemoryOutOfBounds) => {
                    Called::Trap(zkc_ir::Trap::OutOfBoundsMemoryAccess)
                }
                _ => panic!("only accesses trap: {e:?}"),
            },
        }
    }

    fn memory(&mut self) -> Vec<u8> {
        let memory = self.instance.get_memory(&mut self.store, "memory");
        memory
            .expect("the memory is exported")
            .data(&self.store)
            .to_vec()
    }
}

/// Arguments for a function of [`module_of_all`].
fn arguments(op: SimdOp, words: impl Iterator<Item = u64>, random: &mut Random) -> Vec<u64> {
    let types = operands(op);
    let flat = types.iter().flat_map(|&ty| {
        if ty == "v128" {
            vec!["i64"; 2]
        } else {
            vec![ty]
        }
    });
    let mut args: Vec<u64> = flat
        .zip(words)
        .map(|(ty, word)| {
            if ty.ends_with("32") {
                word & 0xffff_ffff
            } else {
                word
            }
        })
        .collect();
    if op.access_bytes() > 0 {
        args[0] = END - 40 + random.below(48);
    }
    args
}

#[test]
fn every_row_runs_like_wasmtime() {
    let wasm = wat::parse_str(module_of_all()).expect("rows have the names of the text format");
    let mut referee = Wasmtime::new(&wasm);
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let mut random = Random::new(3);
    let mut sessions = [0, 2].map(|level| {
        let session = Session::open(&wasm, &zkc::Options::new(level));
        (level, session.unwrap_or_else(|e| panic!("-O{level}: {e}")))
    });
    let mut compared = 0;
    for &op in SimdOp::ALL {
        for suffix in ["", "'"] {
            let name = format!("{}{suffix}", op.opcode().def().name);
            for _ in 0..12 {
                let words: Vec<u64> = (0..6)
                    .map(|_| word().new_tree(&mut runner).expect("no filter").current())
                    .collect();
                let args = arguments(op, words.into_iter(), &mut random);
                let expected = referee.call(&name, &args);
                let memory = (op.access_bytes() > 0).then(|| referee.memory());
                for (level, session) in &mut sessions {
                    let got = session.call(&name, &args);
                    assert_eq!(got, expected, "{name} {args:x?} at -O{level}");
                    if let Some(memory) = &memory {
                        assert!(
                            session.memory("memory").as_ref() == Some(memory),
                            "{name} {args:x?} at -O{level}: memory"
                        );
                    }
                }
                compared += 1;
            }
        }
    }
    assert!(
        compared == 24 * SimdOp::ALL.len(),
        "{compared} calls were compared"
    );
}

/// Costs of instructions, for `--nocapture`.
#[expect(clippy::print_stdout, reason = "the report of a run")]
fn show(name: &str, cells: u64) {
    println!("{name}: {cells} cells");
}

#[test]
fn every_row_runs_within_the_constraints() {
    let wasm = wat::parse_str(module_of_all()).expect("rows have the names of the text format");
    let options = zkc::Options::new(2);
    let program = zkc::compile(&wasm, &Roots::Exports, &options).unwrap_or_else(|d| panic!("{d}"));
    let key = ProvingKey::new(&program).expect("the program fits a key");
    let model = CostModel::named("cells").expect("the model comes with the machine");
    let mut random = Random::new(11);
    for &op in SimdOp::ALL {
        let name = op.opcode().def().name;
        let words: Vec<u64> = (0..6).map(|_| random.next()).collect();
        let args = arguments(op, words.into_iter(), &mut random);
        let trace = Trace::of_run(&key, &program, name, &args, &[])
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let faults = trace.faults();
        assert!(faults.is_empty(), "{name} {args:x?}: {faults:?}");
        let mut cells = 0;
        let limits = zkc_isa::Limits::default();
        let mut count = |step: &zkc_isa::Step| cells += model.cost(step.inst.op);
        zkc_isa::trace(&program, name, &args, &[], &limits, &mut count).expect("it has run");
        show(name, cells);
    }
}
