//! Register allocation by regalloc2.
//!
//! Every operand may stand anywhere, so nothing is ever reloaded. Parameters and results are fixed to their registers,
//! which lets the allocator compute them in place. The few preferred registers keep frames small.

use crate::code::{BANK, Code};
use crate::{BackendError, Options};
use regalloc2::{
    Algorithm, Function, MachineEnv, Output, PReg, PRegSet, RegClass, RegallocOptions,
};

/// The physical register that moves may overwrite at will.
pub(crate) const SCRATCH: PReg = PReg::new(0, RegClass::Int);

/// Registers tried first; more make larger frames, fewer make the allocator search longer.
const PREFERRED: u32 = 16;

/// Work ([`VCode::allocation_work`](crate::vcode::VCode::allocation_work)) beyond which the fast algorithm is tried first; some ten seconds of the better one.
pub(crate) const MOST_WORK: u64 = 1 << 31;

fn environment() -> MachineEnv {
    let set = |from: u32, to: u32| {
        (from..=to)
            .map(|n| PReg::new(n as usize, RegClass::Int))
            .collect::<PRegSet>()
    };
    let none = PRegSet::empty();
    MachineEnv {
        preferred_regs_by_class: [set(1, PREFERRED), none, none],
        non_preferred_regs_by_class: [set(PREFERRED + 1, BANK), none, none],
        scratch_by_class: [Some(SCRATCH), None, None],
        fixed_stack_slots: Vec::new(),
    }
}

/// Allocates registers for the zk64 machine.
pub(crate) fn allocate(code: &Code, options: &Options) -> Result<Output, BackendError> {
    run(&code.vcode, &environment(), options.fast, options.check)
}

/// Allocates the registers of a machine, in linear time with `fast`; with `check`, regalloc2's own checker looks at the result.
pub(crate) fn run(
    code: &impl Function,
    environment: &MachineEnv,
    fast: bool,
    check: bool,
) -> Result<Output, BackendError> {
    let settings = RegallocOptions {
        validate_ssa: check,
        algorithm: if fast {
            Algorithm::Fastalloc
        } else {
            Algorithm::Ion
        },
        ..RegallocOptions::default()
    };
    let output = regalloc2::run(code, environment, &settings)
        .map_err(|error| BackendError::Allocation(error.to_string()))?;
    if check {
        let mut checker = regalloc2::checker::Checker::new(code, environment);
        checker.prepare(&output);
        checker
            .run()
            .map_err(|errors| BackendError::Wrong(format!("{errors:?}")))?;
    }
    Ok(output)
}
