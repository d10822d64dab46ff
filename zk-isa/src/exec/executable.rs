//! Programs made ready to run: checked and decoded once, run any number of times.
//!
//! What a run costs beside its steps is in three places, so that callers choose when to pay: a program's checks and decoding
//! in [`Executable::new`], the words' allocation in [`Executable::instance`], the rest in [`Instance::run`].

use super::decode::{Code, decode};
use super::machine::{End, FRAME, Host, execute};
use super::observe::{Observer, Silent};
use super::{ExecError, Limits, Outcome, Status, Words};
use crate::dialect::ZkOp;
use crate::program::*;
use crate::validate::validate;
use zkc_ir::{Diagnostic, Trap};

/// A valid program in the executor's own form.
pub struct Executable {
    image: Image,
    code: Vec<Code<Silent>>,
}

impl Executable {
    /// Checks and decodes a program; the diagnostic is [`validate`]'s.
    pub fn new(program: &Program) -> Result<Executable, Diagnostic> {
        validate(program)?;
        Ok(Executable {
            image: Image::new(program),
            code: decode(&program.insts),
        })
    }

    /// Runs an exported function, as [`run`](super::run) does.
    pub fn run(
        &self,
        entry: &str,
        args: &[u64],
        input: &[u8],
        limits: &Limits,
    ) -> Result<Outcome, ExecError> {
        let (at, mut host) = self.image.host(entry, args, input, limits)?;
        let mut words = self.image.words(limits)?;
        let end = execute(&self.code, at, &mut words, &mut host, &mut Silent)?;
        finish(end, words, host)
    }

    /// Memory and stack for one run, as they are at its start.
    pub fn instance(&self, limits: &Limits) -> Result<Instance<'_>, ExecError> {
        Ok(Instance {
            executable: self,
            words: self.image.words(limits)?,
            limits: *limits,
        })
    }
}

/// Everything a run needs but its call.
pub struct Instance<'a> {
    executable: &'a Executable,
    words: Words,
    limits: Limits,
}

impl Instance<'_> {
    /// Runs an exported function, as [`run`](super::run) does, within the limits the instance was made with.
    pub fn run(self, entry: &str, args: &[u64], input: &[u8]) -> Result<Outcome, ExecError> {
        let Instance {
            executable,
            mut words,
            limits,
        } = self;
        let (at, mut host) = executable.image.host(entry, args, input, &limits)?;
        let end = execute(&executable.code, at, &mut words, &mut host, &mut Silent)?;
        finish(end, words, host)
    }
}

/// What a run's start is made from, beside the code.
pub(super) struct Image {
    entries: Vec<Entry>,
    pages: u32,
    /// Most pages a `grow` allows.
    grown: u64,
    /// Static words the program can reach.
    slots: u32,
    init: Vec<(u32, u64)>,
    vectors: Vec<(u32, u32)>,
}

impl Image {
    /// The image of a valid program.
    pub(super) fn new(program: &Program) -> Image {
        let mut grown = 0;
        let mut slots = FIRST_SLOT;
        for inst in &program.insts {
            match inst.op {
                ZkOp::Grow => grown = inst.imm.max(grown),
                ZkOp::Lds | ZkOp::Sts => slots = slots.max(inst.target + 1),
                ZkOp::Ldt | ZkOp::Stt => slots = slots.max(inst.target + inst.imm as u32),
                _ => {}
            }
        }
        if let Some(&(addr, _)) = program.init.last() {
            slots = slots.max(addr.saturating_sub(STATIC_BASE) + 1);
        }
        Image {
            entries: program.entries.clone(),
            pages: program.pages,
            grown,
            slots,
            init: program.init.clone(),
            vectors: program.vectors.clone(),
        }
    }

    /// The words at the start of a run.
    pub(super) fn words(&self, limits: &Limits) -> Result<Words, ExecError> {
        if self.pages > limits.max_pages {
            return Err(ExecError::PageLimit {
                pages: self.pages.into(),
                limit: limits.max_pages,
            });
        }
        let most = self.grown.min(u64::from(limits.max_pages)) as u32;
        let mut words = Words {
            stack: vec![0; FRAME + 4096],
            statics: vec![0; self.slots as usize],
            memory: vec![0; self.pages.max(most) as usize * 65536],
            pages: self.pages,
        };
        words.statics[SLOT_PAGES as usize] = u64::from(self.pages);
        for &(addr, value) in &self.init {
            match addr.checked_sub(STATIC_BASE) {
                Some(slot) => words.statics[slot as usize] = value,
                None => {
                    words.memory[addr as usize * 8..][..8].copy_from_slice(&value.to_le_bytes());
                }
            }
        }
        Ok(words)
    }

    /// Checks a call; gives the entry's index and the host.
    pub(super) fn host<'a>(
        &'a self,
        name: &str,
        args: &'a [u64],
        input: &'a [u8],
        limits: &Limits,
    ) -> Result<(usize, Host<'a>), ExecError> {
        let entry = self
            .entries
            .iter()
            .find(|entry| entry.name == name)
            .ok_or_else(|| ExecError::UnknownEntry(name.to_owned()))?;
        if args.len() != entry.params.len() {
            return Err(ExecError::ArgumentCount {
                entry: name.to_owned(),
                expected: entry.params.len(),
                given: args.len(),
            });
        }
        for (index, (&value, kind)) in args.iter().zip(&entry.params).enumerate() {
            if !kind.is_argument(value) {
                return Err(ExecError::WideArgument { index, value });
            }
        }
        let host = Host {
            args,
            input_len: u32::try_from(input.len())
                .map_err(|_| ExecError::InputTooLong(input.len()))?,
            unread: input,
            results: vec![None; entry.results.len()],
            output: Vec::new(),
            max_steps: limits.max_steps,
            max_pages: limits.max_pages,
            vectors: &self.vectors,
        };
        Ok(((entry.pc - FIRST_PC) as usize, host))
    }
}

/// Runs an exported function of a program under an observer that is made once the words are.
pub(super) fn observed<O: Observer>(
    program: &Program,
    (entry, args, input): (&str, &[u64], &[u8]),
    limits: &Limits,
    observer: impl FnOnce(&Words) -> O,
) -> Result<Outcome, ExecError> {
    validate(program).map_err(ExecError::Invalid)?;
    let image = Image::new(program);
    let (at, mut host) = image.host(entry, args, input, limits)?;
    let mut words = image.words(limits)?;
    let code = decode(&program.insts);
    let mut observer = observer(&words);
    let end = execute(&code, at, &mut words, &mut host, &mut observer)?;
    finish(end, words, host)
}

/// The outcome of a run that ended.
fn finish(end: End, words: Words, host: Host<'_>) -> Result<Outcome, ExecError> {
    let (status, results) = match end.status {
        0 => {
            let results = host
                .results
                .iter()
                .enumerate()
                .map(|(index, r)| r.ok_or(ExecError::MissingResult { index }))
                .collect::<Result<_, _>>()?;
            (Status::Done, results)
        }
        code => (
            Status::Trap(Trap::from_code(code).ok_or(ExecError::UnknownStatus { status: code })?),
            Vec::new(),
        ),
    };
    Ok(Outcome {
        status,
        results,
        output: host.output,
        steps: end.steps,
        pc: end.pc,
        words,
    })
}
