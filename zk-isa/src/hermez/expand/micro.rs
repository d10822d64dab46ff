//! Micro-operations: what the expansions of the zk rows are made of, and what the register allocator sees.
//!
//! A micro-operation is one step or a few that belong together. [`Micro::shape`] says which registers its operands need,
//! [`Micro::emit`] writes its steps. What is not said to be in `A` to `E` stands in registers that nothing else uses across
//! micro-operations: `PC` and `GAS`.

use super::asm::Symbol;
use crate::hermez::{
    Address, Bin, Const, Expr, Goto, Index, Jump, Label, MAX_GLOBAL_WORDS, Reg, Step,
};

/// 2^32.
pub(super) const LIMB: i128 = 1 << 32;

/// Where an operand must stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Want {
    /// In some register of `A` to `E`.
    Any,
    /// In this register.
    In(Reg),
    /// In a register or in a stack word.
    Anywhere,
}

/// What the register allocator must know of a micro-operation.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Shape {
    /// Operands.
    pub uses: Vec<Want>,
    /// Results. All are written after the operands were read for the last time.
    pub defs: Vec<Want>,
    /// Registers overwritten before the operands were read for the last time.
    pub temps: Vec<Reg>,
    /// Registers overwritten that operands may stand in.
    pub clobbers: Vec<Reg>,
}

/// Where a result goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Nowhere: nobody wants it.
    None,
    /// A register.
    Reg(Reg),
    /// The stack word at SP + this.
    Slot(i32),
}

/// A linear combination of operands and a constant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lin {
    /// Coefficients of the operands, by position.
    pub terms: Vec<i128>,
    /// Constant.
    pub plus: Const,
}

impl Lin {
    /// `sum coefficient * operand + plus`, the constant in limb 0.
    pub fn new(terms: &[i128], plus: i128) -> Lin {
        Lin {
            terms: terms.to_vec(),
            plus: Const::Short(plus),
        }
    }

    /// The same with a constant of two limbs.
    pub fn long(terms: &[i128], plus: u64) -> Lin {
        Lin {
            terms: terms.to_vec(),
            plus: u32::try_from(plus).map_or(Const::Long(plus), |p| Const::Short(p.into())),
        }
    }

    /// A step with this value.
    pub(super) fn step(&self, uses: &[Reg]) -> Step {
        let mut step = Step::new();
        for (&coefficient, &reg) in self.terms.iter().zip(uses) {
            step = step.times(coefficient, reg);
        }
        match self.plus {
            Const::Short(plus) => step.plus(plus),
            Const::Long(plus) => step.long(plus),
        }
    }
}

/// What to take of a product of 64-bit words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Product {
    /// The lower word.
    Low,
    /// The upper word.
    High,
    /// Both, the lower first.
    Both,
    /// The lower 32 bits of a product of 32-bit values.
    Low32,
}

/// Signs and results of divisions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Division {
    /// Signed.
    pub signed: bool,
    /// 32 or 64.
    pub bits: u32,
    /// The remainder, else the quotient.
    pub remainder: bool,
}

/// A condition that a branch decides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Test {
    /// The combination of 32-bit operands, in -2^32..2^32, is negative.
    Negative(Lin),
    /// Limb 0 of the combination is 0.
    Zero(Lin),
    /// The Binary operation gives a carry.
    Carry(Bin),
    /// The 32-bit operands are in order, signed.
    Below32,
    /// The 64-bit operand is 0.
    Zero64,
    /// The 64-bit operands are equal.
    Equal64,
    /// The 64-bit operand is below this constant of 32 bits.
    Below64(u64),
}

/// How memory and output are bounded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MemoryPlan {
    /// Pages from the start.
    pub pages: u32,
    /// Pages it can reach; equal to `pages` if no code grows it.
    pub max_pages: u32,
    /// Bytes of output, a word each.
    pub output: u32,
}

impl MemoryPlan {
    /// Pages one context holds.
    pub const CONTEXT_PAGES: u32 = 16;
    /// Bytes of output that there is always room for.
    pub const LEAST_OUTPUT: u32 = 1 << 12;
    /// Words kept for what is neither static nor output: arguments, results, and what routines use.
    const OTHER_WORDS: u32 = 1 << 12;

    /// A memory of so many pages, with the least output.
    pub const fn new(pages: u32, max_pages: u32) -> MemoryPlan {
        MemoryPlan {
            pages,
            max_pages,
            output: MemoryPlan::LEAST_OUTPUT,
        }
    }

    /// Bytes of output beside so many static words.
    pub fn output_beside(statics: u32) -> u32 {
        let left = MAX_GLOBAL_WORDS - MemoryPlan::OTHER_WORDS;
        left.saturating_sub(statics).max(MemoryPlan::LEAST_OUTPUT)
    }

    /// Whether the size changes.
    pub fn grows(&self) -> bool {
        self.max_pages > self.pages
    }

    /// Whether one context is too small.
    pub fn is_large(&self) -> bool {
        self.max_pages > MemoryPlan::CONTEXT_PAGES
    }
}

/// A load or store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Access {
    /// Bytes: 1, 2, 4 or 8.
    pub bytes: u32,
    /// Constant part of the address.
    pub offset: u64,
    /// The memory.
    pub plan: MemoryPlan,
}

/// A micro-operation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Micro {
    /// A constant.
    Const(u64),
    /// A linear combination that is exact in both limbs.
    Lin(Lin),
    /// A combination of limbs 0 above -2^32 and below 2^32, modulo 2^32.
    Carry(Lin),
    /// A combination of limbs 0 in 0..2^33 - 1; less the modulus, of at most 2^32, if it is above 2^32 - 1.
    Reduce(Lin, u64),
    /// A 32-bit operand times a factor above -2^30 and below 2^31, modulo 2^32.
    Wrap(i128),
    /// A 32-bit operand rotated left by 2 to 31 bits.
    Rotate(u32),
    /// A Binary operation.
    Bin(Bin),
    /// A product.
    Mul(Product),
    /// The operand with its limbs exchanged.
    Swap,
    /// Limb 1 of the operand.
    HighLimb,
    /// Limb 0 of the operand.
    LowLimb,
    /// The sum of the limbs; below 2^32, or only compared with 0.
    SumLimbs,
    /// The 64-bit operand plus a constant of at most 31 bits, or minus one.
    AddSmall(i64),
    /// The operand, plus a constant of two limbs if its limb 0 (limb 1 with `high`) is at least `from`.
    FillFrom {
        /// Smallest limb that is filled.
        from: u32,
        /// What is added.
        add: u64,
        /// Limb 1 decides.
        high: bool,
    },
    /// All ones in the lower 32 bits (64 with `wide`) if the operand of that width is negative, else 0.
    SignMask {
        /// 64-bit.
        wide: bool,
    },
    /// 1 if the condition holds, else 0; with `not` the other way round.
    Bool(Test, bool),
    /// The second operand if limb 0 of the first is not 0, else the third.
    Select,
    /// 2 to the power of the operand, below 64; 1 for 64.
    Power,
    /// A division.
    Divide(Division),
    /// The quotient of an unsigned 32-bit division by a constant, not 0.
    DivideBy(u32),
    /// The remainder of an unsigned 32-bit division by a constant, not 0.
    RemainderBy(u32),
    /// Number of leading zeros of a 32-bit operand.
    LeadingZeros,
    /// Number of trailing zeros of a 32-bit operand with at most one bit.
    BitIndex,
    /// A load, zero-extended.
    Load(Access),
    /// A store.
    Store(Access),
    /// A word of a variable.
    Get(Address),
    /// Sets a word of a variable.
    Set(Address),
    /// Traps with `trap` unless the operand is below `size`.
    Below {
        /// Bound.
        size: u32,
        /// Status.
        trap: u32,
    },
    /// Blocks of words copied: to word, from byte, until word.
    Copy,
    /// Words filled: from word, the value, until word.
    Fill(MemoryPlan),
    /// `memory.grow`.
    Grow {
        /// Most pages.
        max: u32,
        /// Whether [`super::asm::MEMORY_BYTES`] is kept.
        bytes: bool,
    },
    /// Private input: its length, a byte, eight bytes.
    Input(u32),
    /// Output of a byte, of which there may be so many.
    Output(u32),
    /// The entry address of a table word's function, whose type must be this one.
    Callee(u32),
    /// A parameter that is passed on the stack, by number from the first such.
    Param(u32),
    /// Passes an argument, or gives a result, on the stack of a callee.
    Arg(u32),
    /// A result that a callee left on the stack.
    Result(u32),
    /// Leaves a result for the caller, or an argument of a tail call, on the stack.
    Leave(u32),
    /// Calls a function: a symbol, or the address in E.
    Call(Option<Symbol>),
    /// A tail call.
    Tail(Option<Symbol>),
    /// Returns.
    Return,
    /// Goes to the symbol.
    Goto(Symbol),
    /// Takes the parameters in registers.
    Entry,
    /// Goes to the only successor.
    Jump,
    /// Goes to the first successor if the condition holds, else to the second; with `true` the other way round.
    Branch(Test, bool),
    /// Goes to the successor of the operand's number, the last one for others. Entries are numbers of successors.
    Table(Vec<u32>),
}

/// Registers that arguments and results are passed in.
pub const PASSED: [Reg; 4] = [Reg::A, Reg::B, Reg::C, Reg::D];

/// What steps need to know of the function around them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around {
    /// Words of the frame; 0 if SP is not moved.
    pub frame: i32,
    /// The stack word that holds RR, if it is saved.
    pub link: Option<i32>,
}

/// Operands, results and surroundings of a micro-operation to be written.
#[derive(Debug)]
pub struct Site<'a> {
    /// Registers of the operands.
    pub uses: &'a [Reg],
    /// Places of the results.
    pub defs: &'a [Place],
    /// Labels of the successors.
    pub targets: &'a [Label],
    /// The function.
    pub around: Around,
}

impl Site<'_> {
    /// The place of the only result.
    pub(super) fn def(&self) -> Place {
        self.defs.first().copied().unwrap_or(Place::None)
    }
}

/// Lets a step write a result.
pub(super) fn set(step: Step, place: Place) -> Step {
    match place {
        Place::None => step,
        Place::Reg(reg) => step.set(reg),
        Place::Slot(offset) => step.store(Address::sp(offset)),
    }
}

/// A jump of which both targets are named.
pub(super) fn either(condition: crate::hermez::Condition, yes: Label, no: Label) -> Jump {
    Jump::If(condition, Goto::Label(yes), Goto::Label(no))
}

fn shape(uses: &[Want], defs: &[Want]) -> Shape {
    Shape {
        uses: uses.to_vec(),
        defs: defs.to_vec(),
        ..Shape::default()
    }
}

const AB: [Want; 2] = [Want::In(Reg::A), Want::In(Reg::B)];

impl Test {
    /// What the test needs.
    pub fn shape(&self) -> Shape {
        match self {
            Test::Negative(lin) | Test::Zero(lin) => shape(&vec![Want::Any; lin.terms.len()], &[]),
            Test::Carry(_) => shape(&AB, &[]),
            Test::Below32 => shape(&[Want::Any; 2], &[]),
            Test::Zero64 | Test::Below64(_) => shape(&[Want::In(Reg::C)], &[]),
            Test::Equal64 => Shape {
                clobbers: vec![Reg::C],
                ..shape(&[Want::Any; 2], &[])
            },
        }
    }
}

impl Micro {
    /// Whether the first two operands may change places.
    pub const fn is_commutative(&self) -> bool {
        matches!(
            self,
            Micro::Bin(Bin::Add | Bin::Eq | Bin::And | Bin::Or | Bin::Xor) | Micro::Mul(_)
        )
    }

    /// What the register allocator must know.
    pub fn shape(&self) -> Shape {
        use Want::{Any, Anywhere, In};
        let temps = |temps: &[Reg], shape: Shape| Shape {
            temps: temps.to_vec(),
            ..shape
        };
        let clobbers = |clobbers: &[Reg], shape: Shape| Shape {
            clobbers: clobbers.to_vec(),
            ..shape
        };
        match self {
            Micro::Const(_) => shape(&[], &[Anywhere]),
            Micro::Lin(lin) | Micro::Reduce(lin, _) => {
                shape(&vec![Any; lin.terms.len()], &[Anywhere])
            }
            Micro::Carry(lin) => shape(&vec![Any; lin.terms.len()], &[Any]),
            Micro::Bin(_) => shape(&AB, &[Anywhere]),
            Micro::Mul(Product::Low) => temps(&[Reg::C, Reg::D], shape(&AB, &[Anywhere])),
            Micro::Mul(Product::Low32) => temps(&[Reg::C, Reg::D], shape(&AB, &[Anywhere])),
            Micro::Mul(Product::High) => temps(&[Reg::C], shape(&AB, &[In(Reg::D)])),
            Micro::Mul(Product::Both) => temps(&[Reg::C], shape(&AB, &[Any, In(Reg::D)])),
            Micro::Swap | Micro::HighLimb | Micro::SumLimbs => shape(&[In(Reg::C)], &[Anywhere]),
            Micro::LowLimb => shape(&[Any], &[Anywhere]),
            Micro::AddSmall(_) => shape(&[In(Reg::C)], &[In(Reg::C)]),
            Micro::FillFrom { high: true, .. } => shape(&[In(Reg::C)], &[In(Reg::C)]),
            Micro::FillFrom { .. } => shape(&[Any], &[Any]),
            Micro::SignMask { wide: true } => shape(&[In(Reg::C)], &[Anywhere]),
            Micro::SignMask { wide: false } => shape(&[Any], &[Anywhere]),
            Micro::Bool(Test::Carry(_), false) => shape(&AB, &[Anywhere]),
            Micro::Bool(test, _) => Shape {
                defs: vec![Anywhere],
                ..test.shape()
            },
            Micro::Select => shape(&[Any; 3], &[Any]),
            Micro::Power => shape(&[In(Reg::E)], &[In(Reg::B)]),
            Micro::Divide(division) => division.shape(),
            Micro::Wrap(_) | Micro::Rotate(_) | Micro::DivideBy(_) => shape(&[Any], &[Anywhere]),
            Micro::RemainderBy(_) => shape(&[Any], &[Any]),
            Micro::LeadingZeros | Micro::BitIndex => shape(&[Any], &[Anywhere]),
            Micro::Load(access) => access.load_shape(),
            Micro::Store(access) => access.store_shape(),
            // a stack word cannot be written in the step that reads another word
            Micro::Get(address) if address.index.is_some() => shape(&[In(Reg::E)], &[Any]),
            Micro::Get(_) | Micro::Param(_) | Micro::Result(_) => shape(&[], &[Any]),
            Micro::Set(address) if address.index.is_some() => shape(&[In(Reg::E), Any], &[]),
            Micro::Set(_) | Micro::Arg(_) | Micro::Leave(_) => shape(&[Any], &[]),
            Micro::Below { .. } => shape(&[Any], &[]),
            Micro::Copy => clobbers(
                &[Reg::A, Reg::B, Reg::C, Reg::D, Reg::E],
                shape(&[In(Reg::A), In(Reg::B), In(Reg::C)], &[]),
            ),
            Micro::Fill(_) => Shape {
                uses: vec![In(Reg::D), In(Reg::A), In(Reg::C)],
                temps: vec![Reg::E],
                clobbers: vec![Reg::D],
                ..Shape::default()
            },
            Micro::Grow { .. } => temps(&[Reg::E], shape(&[Any], &[Anywhere])),
            Micro::Input(8) => clobbers(&[Reg::A, Reg::B], shape(&[], &[Anywhere])),
            Micro::Input(_) => shape(&[], &[Anywhere]),
            Micro::Output(_) => temps(&[Reg::E], shape(&[Any], &[])),
            Micro::Callee(_) => shape(&[In(Reg::C)], &[In(Reg::E)]),
            Micro::Table(_) => shape(&[In(Reg::E)], &[]),
            Micro::Branch(test, _) => test.shape(),
            // operands and results of these are the allocator's business
            Micro::Call(..)
            | Micro::Tail(_)
            | Micro::Return
            | Micro::Entry
            | Micro::Goto(_)
            | Micro::Jump => Shape::default(),
        }
    }
}

/// The free input of a step that reads limb 0 of nothing else.
pub(super) fn hint(expr: Expr) -> Step {
    Step::new().hint(expr)
}

/// `JMP(@label + E)`.
pub(super) fn jump_table(label: Label) -> Step {
    Step::new().jmp_to(Some(label), Index::E)
}
