//! Every vector instruction's lowering against its row: the evaluators of the wasm and of the cranelift dialect on random
//! and extreme lanes. The rows are read from the table, so a new one is tested without a word here.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use zkc_ir::eval::{EvalError, Instance, Limits, WasmInstance, run_cranelift};
use zkc_ir::simd::LaneOp;
use zkc_ir::{
    Arity, Attr, AttrKind, Body, Builder, Export, ExportKind, Func, FuncBody, Memory, Module,
    Signature, SimdOp, Ty, Type, WasmOp,
};
use zkc_passes::{Host, Options, call_graph, compile_to_cranelift, link};

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
    prop_oneof![of(8), of(16), of(32), of(64), float, double]
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

/// Compares both evaluators; false if the runtime lacks the function of the row's lanes.
fn compare(op: SimdOp, attrs: Vec<Attr>, words: &[u64]) -> bool {
    let module = link(&module(op, attrs), &Host::default()).expect("nothing is imported");
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
            match compile_to_cranelift(&module, index, options) {
                Ok(body) => bodies.insert(index, body),
                Err(d) if d.code == "unsupported-op" => return false,
                Err(d) => panic!("{:?}: {d}", op.opcode()),
            };
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
    true
}

#[test]
fn every_row_is_lowered_to_what_it_means() {
    let config = Config {
        cases: 60,
        failure_persistence: None,
        ..Config::default()
    };
    let mut failures = Vec::new();
    let refused = RefCell::new(BTreeSet::new());
    for &op in SimdOp::ALL {
        // one for each row, because a runner counts its cases over all its runs
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let mut runner = TestRunner::new_with_rng(config.clone(), rng);
        let strategy = (attrs(op), prop::collection::vec(word(), 6));
        let outcome = runner.run(&strategy, |(attrs, words)| {
            if !compare(op, attrs, &words) {
                refused.borrow_mut().insert(op);
            }
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
    // these need the runtime's float functions
    let floats = SimdOp::ALL.iter().filter(|op| {
        matches!(
            op.lane_op(),
            LaneOp::EachOne(_)
                | LaneOp::EachTwo(_)
                | LaneOp::EachTest(_)
                | LaneOp::EachLow(_)
                | LaneOp::EachZero(_)
                | LaneOp::Pseudo { .. }
                | LaneOp::Madd { .. }
        )
    });
    let floats: BTreeSet<SimdOp> = floats.copied().collect();
    assert!(
        refused.into_inner().is_subset(&floats),
        "more than floats is refused"
    );
}
