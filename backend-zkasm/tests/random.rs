//! Random functions: what the compiled program computes is what the rows' evaluators say.
//!
//! Compilation runs with all checks on, so each case also tests the checkers on right code.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use proptest::prelude::*;
use support::{Rest, checked, listing, program};
use zkc_backend::Options;
use zkc_ir::{Attr, Block, Body, Builder, Signature, Successor, Trap, Type, Value, verify};
use zkc_isa::{ExecError, Limits, Status, ZkOp, run};

const W: Type = Type::Word;

/// Ops over whole words, so that every operand has a proof.
const BINARY: [ZkOp; 8] = [
    ZkOp::Add64,
    ZkOp::Sub64,
    ZkOp::Mul64,
    ZkOp::Xor64,
    ZkOp::And64,
    ZkOp::Ltu64,
    ZkOp::Rotl64,
    ZkOp::Divu64,
];
const BINARY_IMM: [ZkOp; 5] = [
    ZkOp::Add64Imm,
    ZkOp::Mul64Imm,
    ZkOp::Xor64Imm,
    ZkOp::Shl64Imm,
    ZkOp::Eq64Imm,
];
const BRANCHES: [ZkOp; 6] = [
    ZkOp::BrEq64,
    ZkOp::BrNe64,
    ZkOp::BrLtu64,
    ZkOp::BrGeu64,
    ZkOp::BrLts64,
    ZkOp::BrGes64,
];
const BRANCHES_IMM: [ZkOp; 3] = [ZkOp::BrEq64Imm, ZkOp::BrNe64Imm, ZkOp::BrLtu64Imm];

/// Random decisions, repeatable from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 ^ self.0 >> 29
    }

    fn below(&mut self, n: usize) -> usize {
        (self.roll() >> 16) as usize % n
    }

    fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

struct Gen<'a> {
    b: Builder,
    dice: &'a mut Dice,
    callees: &'a [Signature],
    /// Blocks that anybody may branch to.
    joins: Vec<Block>,
    results: usize,
    blocks_left: usize,
}

/// A random body that may call the functions of `callees`.
fn random_body(dice: &mut Dice, callees: &[Signature], wide: bool) -> Body {
    let params = if wide && dice.below(4) == 0 {
        50 + dice.below(40)
    } else {
        dice.below(5)
    };
    let results = if wide && dice.below(4) == 0 {
        60 + dice.below(20)
    } else {
        dice.below(4)
    };
    let mut b = Builder::new(Signature::new(vec![W; params], vec![W; results]));
    let root = b.body().root();
    let entry = b.block(root, &vec![W; params]);
    let joins = (0..1 + dice.below(5))
        .map(|_| b.block(root, &vec![W; dice.below(5)]))
        .collect::<Vec<_>>();
    let mut g = Gen {
        b,
        dice,
        callees,
        joins: joins.clone(),
        results,
        blocks_left: 12,
    };
    let mut visible = g.b.body().block(entry).params.clone();
    g.b.switch_to(entry);
    let count = if wide && g.dice.below(3) == 0 {
        100
    } else {
        1 + g.dice.below(8)
    };
    g.ops(&mut visible, count);
    let common = visible.clone();
    g.terminator(visible);
    for join in joins {
        let mut visible = common.clone();
        visible.extend(&g.b.body().block(join).params);
        g.b.switch_to(join);
        let count = g.dice.below(10);
        g.ops(&mut visible, count);
        g.terminator(visible);
    }
    g.b.finish()
}

impl Gen<'_> {
    fn pick(&mut self, visible: &[Value]) -> Value {
        // Recent values more often, so that many die early.
        if self.dice.below(3) == 0 {
            self.dice.one_of(visible)
        } else {
            visible[visible.len() - 1 - self.dice.below(visible.len().min(6))]
        }
    }

    fn imm(&mut self) -> Vec<Attr> {
        let value = self.dice.roll();
        vec![Attr::Int(if self.dice.below(2) == 0 {
            value % 9
        } else {
            value
        })]
    }

    fn ops(&mut self, visible: &mut Vec<Value>, count: usize) {
        let attrs = self.imm();
        visible.push(self.b.value(ZkOp::Li, &[], attrs, W));
        for _ in 0..count {
            let (x, y, z) = (self.pick(visible), self.pick(visible), self.pick(visible));
            let attrs = self.imm();
            let value = match self.dice.below(12) {
                0..4 => self
                    .b
                    .value(self.dice.one_of(&BINARY), &[x, y], Vec::new(), W),
                4..7 => self.b.value(self.dice.one_of(&BINARY_IMM), &[x], attrs, W),
                7 => self.b.value(ZkOp::Select, &[x, y, z], Vec::new(), W),
                8 => self.b.value(ZkOp::Li, &[], attrs, W),
                9 => self.b.value(ZkOp::Mov, &[x], Vec::new(), W),
                _ if self.callees.is_empty() => continue,
                _ => {
                    let callee = self.dice.below(self.callees.len());
                    let signature = self.callees[callee].clone();
                    let args: Vec<Value> = signature
                        .params
                        .iter()
                        .map(|_| self.pick(visible))
                        .collect();
                    let op = self.b.op(
                        ZkOp::Call,
                        &args,
                        vec![Attr::Func(callee as u32)],
                        &signature.results,
                    );
                    visible.extend(&self.b.body().op(op).results);
                    continue;
                }
            };
            visible.push(value);
        }
    }

    fn successor(&mut self, visible: &[Value]) -> Successor {
        let block = self.dice.one_of(&self.joins);
        let count = self.b.body().block(block).params.len();
        Successor {
            block,
            args: (0..count).map(|_| self.pick(visible)).collect(),
        }
    }

    /// Ends the block; may add blocks that only it leads to.
    fn terminator(&mut self, visible: Vec<Value>) {
        let mut children = Vec::new();
        let mut successors = Vec::new();
        let choice = self.dice.below(8);
        let count = match choice {
            0 | 1 => 0,
            2 => 1,
            3 => 1 + self.dice.below(6),
            _ => 2,
        };
        for _ in 0..count {
            if self.blocks_left > 0 && self.dice.below(2) == 0 {
                self.blocks_left -= 1;
                let params = self.dice.below(3);
                let root = self.b.body().root();
                let block = self.b.block(root, &vec![W; params]);
                children.push(block);
                successors.push(Successor {
                    block,
                    args: (0..params).map(|_| self.pick(&visible)).collect(),
                });
            } else {
                successors.push(self.successor(&visible));
            }
        }
        let (x, y) = (self.pick(&visible), self.pick(&visible));
        let imm = self.imm();
        let results = self.results;
        let fits = |(_, callee): &(usize, &Signature)| callee.results.len() == results;
        let callees: Vec<_> = self.callees.iter().enumerate().filter(fits).collect();
        let (op, args, attrs) = match choice {
            0 | 1 if !callees.is_empty() && self.dice.below(2) == 0 => {
                let (callee, signature) = self.dice.one_of(&callees);
                let args = signature.params.iter().map(|_| self.pick(&visible));
                (ZkOp::Tcall, args.collect(), vec![Attr::Func(callee as u32)])
            }
            0 | 1 => {
                let values: Vec<Value> = (0..self.results).map(|_| self.pick(&visible)).collect();
                (ZkOp::Ret, values, Vec::new())
            }
            2 => (ZkOp::Jump, Vec::new(), Vec::new()),
            3 => {
                let index = self.b.value(ZkOp::And64Imm, &[x], vec![Attr::Int(7)], W);
                (ZkOp::Brt, vec![index], Vec::new())
            }
            4 => (self.dice.one_of(&BRANCHES_IMM), vec![x], imm),
            _ => (self.dice.one_of(&BRANCHES), vec![x, y], Vec::new()),
        };
        self.b
            .op_full(op, &args, attrs, &[], successors, Vec::new());
        for child in children {
            let mut visible = visible.clone();
            visible.extend(&self.b.body().block(child).params);
            self.b.switch_to(child);
            let count = self.dice.below(6);
            self.ops(&mut visible, count);
            self.terminator(visible);
        }
    }
}

/// Why the evaluator stopped.
enum Stop {
    Trap(Trap),
    Fuel,
}

fn eval(bodies: &[Body], func: usize, args: &[u64], fuel: &mut u64) -> Result<Vec<u64>, Stop> {
    let body = &bodies[func];
    let mut values = vec![0u64; body.num_values()];
    let set = |values: &mut Vec<u64>, to: &[Value], from: &[u64]| {
        to.iter()
            .zip(from)
            .for_each(|(v, &x)| values[v.as_u32() as usize] = x);
    };
    let mut block = body.entry();
    set(&mut values, &body.block(block).params, args);
    loop {
        for &op in &body.block(block).ops {
            *fuel = fuel.checked_sub(1).ok_or(Stop::Fuel)?;
            let data = body.op(op);
            let args: Vec<u64> = data
                .args
                .iter()
                .map(|v| values[v.as_u32() as usize])
                .collect();
            if let Some(eval) = data.opcode.def().eval {
                let result = eval(&args, &data.attrs).map_err(Stop::Trap)?;
                set(&mut values, &data.results, &[result]);
                continue;
            }
            let imm = data.attrs.first().and_then(Attr::as_int).unwrap_or(0);
            let signed = |x: u64| x as i64;
            let next = match ZkOp::from_opcode(data.opcode).unwrap() {
                ZkOp::Call => {
                    let results = eval_call(bodies, imm as usize, &args, fuel)?;
                    set(&mut values, &data.results, &results);
                    continue;
                }
                ZkOp::Tcall => return eval_call(bodies, imm as usize, &args, fuel),
                ZkOp::Ret => return Ok(args),
                ZkOp::Jump => 0,
                ZkOp::Brt => (args[0] as usize).min(data.successors.len() - 1),
                ZkOp::BrEq64 => usize::from(args[0] != args[1]),
                ZkOp::BrNe64 => usize::from(args[0] == args[1]),
                ZkOp::BrLtu64 => usize::from(args[0] >= args[1]),
                ZkOp::BrGeu64 => usize::from(args[0] < args[1]),
                ZkOp::BrLts64 => usize::from(signed(args[0]) >= signed(args[1])),
                ZkOp::BrGes64 => usize::from(signed(args[0]) < signed(args[1])),
                ZkOp::BrEq64Imm => usize::from(args[0] != imm),
                ZkOp::BrNe64Imm => usize::from(args[0] == imm),
                ZkOp::BrLtu64Imm => usize::from(args[0] >= imm),
                other => panic!("{other:?} is not generated"),
            };
            let successor = &data.successors[next];
            let passed: Vec<u64> = successor
                .args
                .iter()
                .map(|v| values[v.as_u32() as usize])
                .collect();
            block = successor.block;
            set(&mut values, &body.block(block).params, &passed);
            break;
        }
    }
}

fn eval_call(bodies: &[Body], func: usize, args: &[u64], fuel: &mut u64) -> Result<Vec<u64>, Stop> {
    eval(bodies, func, args, fuel)
}

/// Makes functions from a seed and compares both ways to run the last one; whether the run ended.
fn compare(seed: u64, wide: bool) -> bool {
    let mut dice = Dice(seed);
    let mut signatures = Vec::new();
    let mut bodies = Vec::new();
    for _ in 0..1 + dice.below(4) {
        let body = random_body(&mut dice, &signatures, wide);
        verify(&body).unwrap();
        signatures.push(body.signature().clone());
        bodies.push(body);
    }
    let last = bodies.len() - 1;
    let funcs: Vec<(String, Body)> = bodies
        .iter()
        .enumerate()
        .map(|(i, b)| (format!("f{i}"), b.clone()))
        .collect();
    let fast = Options {
        fast: true,
        ..checked(true)
    };
    let programs = [checked(true), checked(false), fast]
        .map(|options| program(&funcs, &options, &Rest::default()));
    let mut ended = false;
    for _ in 0..3 {
        let args: Vec<u64> = signatures[last]
            .params
            .iter()
            .map(|_| dice.roll() >> dice.below(64))
            .collect();
        let want = eval(&bodies, last, &args, &mut 20_000);
        for program in &programs {
            let limits = Limits {
                max_steps: 1_000_000,
                ..Limits::default()
            };
            let got = run(program, &format!("f{last}"), &args, &[], &limits);
            let show = || {
                format!(
                    "seed {seed}\n{}\n{}",
                    zkc_ir::print_body(&bodies[last]),
                    listing(program)
                )
            };
            match (&want, got) {
                (Err(Stop::Fuel), Ok(_) | Err(ExecError::StepLimit { .. })) => {}
                (Ok(want), Ok(got)) => {
                    assert_eq!(
                        (Status::Done, want),
                        (got.status, &got.results),
                        "{}",
                        show()
                    );
                    ended = true;
                }
                (Err(Stop::Trap(trap)), Ok(got)) => {
                    assert_eq!(Status::Trap(*trap), got.status, "{}", show());
                }
                (_, Err(e)) => panic!("{e}: {}", show()),
            }
        }
    }
    ended
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn small_functions_agree(seed in any::<u64>()) {
        compare(seed, false);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, ..ProptestConfig::default() })]

    #[test]
    fn wide_functions_agree(seed in any::<u64>()) {
        compare(seed, true);
    }
}

#[test]
fn many_random_runs_end() {
    let ended = (0..50).filter(|&seed| compare(seed, false)).count();
    assert!(ended > 20, "only {ended} of 50 runs end");
}
