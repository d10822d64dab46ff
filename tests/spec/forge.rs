//! Cheating provers: one free input of a run replaced by what it must not be.

use zkc_isa::hermez::{Expr, Free, FreeInput, Inputs, MAX_ROWS, P, Program, Step, run, run_forged};

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

/// Forges free inputs of a run one by one, over about `rows` rows in all: a constraint must refuse every run. The number of
/// values tried.
pub(crate) fn forge(program: &Program, inputs: &Inputs, rows: u64) -> Result<u64, String> {
    let honest = run(program, inputs, MAX_ROWS).map_err(|refusal| refusal.to_string())?;
    let limit = honest.counters.steps * 2 + 1000;
    let occurrences = honest.frees.len() as u64;
    // a forged run is refused after half of the rows, say
    let whole = occurrences * 16 * honest.counters.steps / 2;
    let stride = whole.div_ceil(rows.max(1)).max(1);
    let mut tried = 0;
    for (at, &FreeInput { step, value }) in honest.frees.iter().enumerate() {
        if !(at as u64).is_multiple_of(stride) {
            continue;
        }
        let what = &program.steps[step as usize];
        for cheat in cheats(value) {
            if is_choice(what, cheat) {
                continue;
            }
            tried += 1;
            let end = match run_forged(program, inputs, limit, at, cheat) {
                Err(refusal) if refusal.constraint().is_some() => continue,
                Err(refusal) => refusal.to_string(),
                Ok(outcome) => format!("{:?}", outcome.counters),
            };
            return Err(format!(
                "free input {at} at step {step} may be {cheat:x?} instead of {value:x?}: {what:?}, {end}"
            ));
        }
    }
    Ok(tried)
}

/// Whether a value is the prover's to choose: private input of the right width, and that the trace goes on.
fn is_choice(step: &Step, [low, high]: [u64; 2]) -> bool {
    let Some((_, Free::Hint(Expr::Call(name, _)))) = &step.lhs.free else {
        return false;
    };
    let limb = 1 << 32;
    match name.as_str() {
        "beforeLast" => low >= P - limb,
        "input8" => low < 256 && high == 0,
        "input64" => low < limb && high < limb,
        "inputLen" => low < limb && high == 0,
        _ => false,
    }
}
