//! Cheating provers: one free input of a run replaced by what it must not be.

use zkc_isa::hermez::{
    Expr, Free, FreeInput, Inputs, MAX_ROWS, Outcome, P, Program, Reg, run, run_forged,
};

/// Wrong values in place of an honest one: neighbours, other representations, extremes, in either limb.
fn cheats(honest: [u64; 2]) -> Vec<[u64; 2]> {
    let [low, high] = honest;
    let wrong = |limb: u64| {
        let add = |n: u64| ((u128::from(limb) + u128::from(n)) % u128::from(P)) as u64;
        [
            add(1),
            add(P - 1),
            add(1 << 32),
            add(P - (1 << 32)),
            0,
            P - 1,
            limb ^ 0x8000_0000,
        ]
    };
    let mut cheats: Vec<[u64; 2]> = wrong(low).map(|low| [low, high]).into();
    cheats.extend(wrong(high).map(|high| [low, high]));
    // the same integer in other limbs
    cheats.push([wrong(low)[2], wrong(high)[1]]);
    cheats.push([wrong(low)[3], wrong(high)[0]]);
    cheats.retain(|cheat| *cheat != honest);
    cheats
}

/// Whether two runs cannot be told apart: memory, status, operations. A limb that nothing reads may be anything: limb 1 of
/// an index, the quotient before the trap of a division by zero.
fn is_same(a: &Outcome, b: &Outcome) -> bool {
    a.memory.words() == b.memory.words()
        && a.registers.limbs(Reg::A) == b.registers.limbs(Reg::A)
        && a.counters == b.counters
}

/// Forges free inputs of a run one by one, over about `rows` rows in all: no run may be admitted, unless it is the honest one in
/// all that is read. The number of values tried.
pub(crate) fn forge(program: &Program, inputs: &Inputs, rows: u64) -> Result<u64, String> {
    let honest = run(program, inputs, MAX_ROWS).map_err(|refusal| refusal.to_string())?;
    let limit = honest.counters.steps * 2 + 1000;
    let occurrences = honest.frees.len() as u64;
    // a forged run is refused after half of the rows, say
    let whole = occurrences * 16 * honest.counters.steps / 2;
    let stride = whole.div_ceil(rows.max(1)).max(1);
    let mut tried = 0;
    for (at, &FreeInput { step, value }) in honest.frees.iter().enumerate() {
        if !(at as u64).is_multiple_of(stride) || is_chosen(program, step) {
            continue;
        }
        for cheat in cheats(value) {
            tried += 1;
            if let Ok(outcome) = run_forged(program, inputs, limit, at, cheat)
                && !is_same(&outcome, &honest)
            {
                let what = &program.steps[step as usize];
                return Err(format!(
                    "free input {at} at step {step} may be {cheat:x?} instead of {value:x?}: {what:?}, {:?}",
                    outcome.counters
                ));
            }
        }
    }
    Ok(tried)
}

/// Whether a step's free input is the prover's to choose: how long the trace is, and the private input.
fn is_chosen(program: &Program, step: u32) -> bool {
    fn calls(expr: &Expr) -> bool {
        let own = matches!(expr, Expr::Call(name, _) if name == "beforeLast" || name.starts_with("input"));
        own || expr.children().any(calls)
    }
    matches!(&program.steps[step as usize].lhs.free, Some((_, Free::Hint(hint))) if calls(hint))
}
