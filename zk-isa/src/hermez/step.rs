//! One step: a line of zkASM, an entry of the ROM, a row of the main trace.
//!
//! A step holds what the ROM can hold and nothing else: a linear left-hand side, destinations, at most one memory access,
//! Binary, Arith and MemAlign operation, an assertion, a jump. [`Step`] is built by chaining: `Step::new().reg(Reg::C).minus(8)
//! .set(Reg::C).jmpnz(label)`.

use super::expr::Expr;
use super::program::{Label, Var};

/// Registers and counters. `A` to `E` have two limbs, the others one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "the names are upstream's")]
pub enum Reg {
    A,
    B,
    C,
    D,
    E,
    Ctx,
    Sp,
    Pc,
    Gas,
    Rr,
    /// Index of the row in the trace; cannot be set.
    Step,
    HashPos,
    Rcx,
    /// C with its limbs exchanged; cannot be set.
    RotlC,
    /// The counters: operations of each machine so far; cannot be set.
    CntArith,
    CntBinary,
    CntMemAlign,
    CntKeccakF,
}

impl Reg {
    /// Every register in declaration order: register, text, and its key in the JSON ROM without `in` or `set`.
    pub const ALL: [(Reg, &str, &str); 18] = [
        (Reg::A, "A", "A"),
        (Reg::B, "B", "B"),
        (Reg::C, "C", "C"),
        (Reg::D, "D", "D"),
        (Reg::E, "E", "E"),
        (Reg::Ctx, "CTX", "CTX"),
        (Reg::Sp, "SP", "SP"),
        (Reg::Pc, "PC", "PC"),
        (Reg::Gas, "GAS", "GAS"),
        (Reg::Rr, "RR", "RR"),
        (Reg::Step, "STEP", "STEP"),
        (Reg::HashPos, "HASHPOS", "HASHPOS"),
        (Reg::Rcx, "RCX", "RCX"),
        (Reg::RotlC, "ROTL_C", "ROTL_C"),
        (Reg::CntArith, "CNT_ARITH", "CntArith"),
        (Reg::CntBinary, "CNT_BINARY", "CntBinary"),
        (Reg::CntMemAlign, "CNT_MEM_ALIGN", "CntMemAlign"),
        (Reg::CntKeccakF, "CNT_KECCAK_F", "CntKeccakF"),
    ];

    /// The text.
    pub const fn name(self) -> &'static str {
        Reg::ALL[self as usize].1
    }

    /// The key in the JSON ROM, without `in` or `set`.
    pub const fn key(self) -> &'static str {
        Reg::ALL[self as usize].2
    }

    /// The register of a text.
    pub fn from_name(name: &str) -> Option<Reg> {
        Reg::ALL.iter().find(|r| r.1 == name).map(|r| r.0)
    }

    /// Whether it has two limbs.
    pub const fn is_wide(self) -> bool {
        matches!(
            self,
            Reg::A | Reg::B | Reg::C | Reg::D | Reg::E | Reg::RotlC
        )
    }

    /// Whether a step may set it.
    pub const fn is_writable(self) -> bool {
        (self as usize) < Reg::RotlC as usize && !matches!(self, Reg::Step)
    }
}

/// The constant of a left-hand side.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Const {
    /// `CONST`: an element in limb 0; `Short(0)` is no constant.
    Short(i128),
    /// `CONSTL`: two 32-bit limbs.
    Long(u64),
}

/// Where a free input comes from.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Free {
    /// Bare `$`: what the step's operation gives.
    Computed,
    /// `${expr}`: what the prover likes; an honest one evaluates the expression.
    Hint(Expr),
}

/// `sum coefficient * register + coefficient * FREE + constant`, limb by limb in the field.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Lhs {
    /// Registers with their coefficients, in order, none 0.
    pub regs: Vec<(Reg, i128)>,
    /// The free input and its coefficient, not 0.
    pub free: Option<(i128, Free)>,
    /// Constant.
    pub constant: Const,
    /// `@name`: the address of a label is added to limb 0.
    pub label: Option<Label>,
}

impl Default for Lhs {
    fn default() -> Lhs {
        Lhs {
            regs: Vec::new(),
            free: None,
            constant: Const::Short(0),
            label: None,
        }
    }
}

impl Lhs {
    /// Adds `coefficient * reg`. Saturates where no text could have such a coefficient.
    pub fn add_reg(&mut self, coefficient: i128, reg: Reg) {
        match self.regs.binary_search_by_key(&reg, |r| r.0) {
            Ok(i) => {
                self.regs[i].1 = self.regs[i].1.saturating_add(coefficient);
                if self.regs[i].1 == 0 {
                    self.regs.remove(i);
                }
            }
            Err(_) if coefficient == 0 => {}
            Err(i) => self.regs.insert(i, (reg, coefficient)),
        }
    }
}

/// The register that is added to an address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Index {
    /// Limb 0 of `E`.
    E,
    /// `RR`.
    Rr,
}

/// The part of the memory an address is in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Space {
    /// `SYS:`: from word 0 on, the same for all contexts.
    Sys,
    /// `MEM:`: the context's heap, from word 2^17 of the context on.
    Mem,
    /// `STACK:` and `SP`: from word 2^16 + SP of the context on.
    Stack,
    /// A variable: global, or of the context.
    Var(Var),
}

/// `useCTX*CTX*2^18 + isStack*(2^16 + SP) + isMem*2^17 + index + offset`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Address {
    /// Space.
    pub space: Space,
    /// Register added.
    pub index: Option<Index>,
    /// Constant added, in words.
    pub offset: i32,
    /// What the step adds to SP: -1, 0 or 1, only in [`Space::Stack`] without index and offset.
    pub inc_sp: i8,
}

impl Address {
    const fn new(space: Space, index: Option<Index>, offset: i32) -> Address {
        Address {
            space,
            index,
            offset,
            inc_sp: 0,
        }
    }

    /// `SP + offset`.
    pub const fn sp(offset: i32) -> Address {
        Address::new(Space::Stack, None, offset)
    }

    /// `SP++` (1) or `SP--` (-1): the word at SP, then SP changes.
    pub const fn sp_then(inc_sp: i8) -> Address {
        Address {
            inc_sp,
            ..Address::sp(0)
        }
    }

    /// `MEM:E + offset`.
    pub const fn mem(index: Index, offset: i32) -> Address {
        Address::new(Space::Mem, Some(index), offset)
    }

    /// `SYS:E + offset`.
    pub const fn sys(index: Index, offset: i32) -> Address {
        Address::new(Space::Sys, Some(index), offset)
    }

    /// Word `offset` of a variable.
    pub const fn var(var: Var, offset: i32) -> Address {
        Address::new(Space::Var(var), None, offset)
    }

    /// Word `offset` + index of a variable.
    pub const fn var_at(var: Var, index: Index, offset: i32) -> Address {
        Address::new(Space::Var(var), Some(index), offset)
    }
}

/// A memory access.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Mem {
    /// `MSTORE`, else `MLOAD`.
    pub write: bool,
    /// Where.
    pub address: Address,
}

/// Operations of the Binary machine on A and B; the discriminant is upstream's opcode.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "the names are upstream's")]
pub enum Bin {
    Add = 0,
    Sub = 1,
    Lt = 2,
    Slt = 3,
    Eq = 4,
    And = 5,
    Or = 6,
    Xor = 7,
}

impl Bin {
    /// Every operation with its text.
    pub const ALL: [(Bin, &str); 8] = [
        (Bin::Add, "ADD"),
        (Bin::Sub, "SUB"),
        (Bin::Lt, "LT"),
        (Bin::Slt, "SLT"),
        (Bin::Eq, "EQ"),
        (Bin::And, "AND"),
        (Bin::Or, "OR"),
        (Bin::Xor, "XOR"),
    ];

    /// Result and carry: ADD carry-out, SUB borrow, comparisons their result, AND whether the result is not 0, else 0.
    pub const fn apply(self, a: u64, b: u64) -> (u64, bool) {
        match self {
            Bin::Add => a.overflowing_add(b),
            Bin::Sub => a.overflowing_sub(b),
            Bin::Lt => ((a < b) as u64, a < b),
            Bin::Slt => (((a as i64) < b as i64) as u64, (a as i64) < b as i64),
            Bin::Eq => ((a == b) as u64, a == b),
            Bin::And => (a & b, a & b != 0),
            Bin::Or => (a | b, false),
            Bin::Xor => (a ^ b, false),
        }
    }
}

/// Operations of the MemAlign machine. Bytes are counted from the most significant; the byte offset is C, at most 6.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Align {
    /// op = the word that starts at byte C of A and ends in B.
    Rd,
    /// D, E = A, B with op written at byte C.
    Wr,
    /// D = A with the low byte of op written at byte C.
    Wr8,
}

impl Align {
    /// Every operation: operation, text, key in the JSON ROM.
    pub const ALL: [(Align, &str, &str); 3] = [
        (Align::Rd, "MEM_ALIGN_RD", "memAlignRD"),
        (Align::Wr, "MEM_ALIGN_WR", "memAlignWR"),
        (Align::Wr8, "MEM_ALIGN_WR8", "memAlignWR8"),
    ];
}

/// Where a jump goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Goto {
    /// The next step.
    Next,
    /// A label.
    Label(Label),
    /// A register, plus the address of a label.
    Indirect(Option<Label>, Index),
}

/// Conditions of jumps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Condition {
    /// `JMPN`: limb 0 of op is in -2^32..0; it must be in -2^32..2^32.
    Negative,
    /// `JMPC`: the carry of the step's Binary operation.
    Carry,
    /// `JMPZ`: limb 0 of op is 0.
    Zero,
}

impl Condition {
    /// Every condition: condition, text, key in the JSON ROM, text of the jump with its targets exchanged.
    pub const ALL: [(Condition, &str, Option<&str>); 3] = [
        (Condition::Negative, "JMPN", None),
        (Condition::Carry, "JMPC", Some("JMPNC")),
        (Condition::Zero, "JMPZ", Some("JMPNZ")),
    ];
}

/// What follows a step.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Jump {
    /// The next step.
    #[default]
    None,
    /// `JMP`.
    Jmp(Goto),
    /// A conditional jump: the target if the condition holds, and the other one, never indirect.
    If(Condition, Goto, Goto),
    /// `CALL`: RR becomes the index of the next step.
    Call(Goto),
    /// `RETURN`: to RR.
    Return,
    /// `REPEAT(RCX)`: this step again with RCX one less, until RCX is 0.
    Repeat,
}

/// A step.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Step {
    /// Left-hand side; its value is called op.
    pub lhs: Lhs,
    /// The free input is limb 0 only, `$0{..}`.
    pub free_limb0: bool,
    /// Registers set to op, in order, none twice.
    pub dest: Vec<Reg>,
    /// Memory access.
    pub mem: Option<Mem>,
    /// Binary operation: op = A o B.
    pub bin: Option<Bin>,
    /// `ARITH`: A*B + C = D*2^64 + op.
    pub arith: bool,
    /// MemAlign operation.
    pub align: Option<Align>,
    /// `ASSERT`: op = A.
    pub assert: bool,
    /// What follows.
    pub jump: Jump,
    /// Commands evaluated before the step.
    pub before: Vec<Expr>,
    /// Commands evaluated after the step, unless it jumps.
    pub after: Vec<Expr>,
    /// Remark for readers, one line.
    pub comment: Option<String>,
}

impl Step {
    /// A step that does nothing: op is 0.
    pub fn new() -> Step {
        Step::default()
    }

    /// Adds a register to op.
    pub fn reg(self, reg: Reg) -> Step {
        self.times(1, reg)
    }

    /// Adds a multiple of a register to op.
    pub fn times(mut self, coefficient: i128, reg: Reg) -> Step {
        self.lhs.add_reg(coefficient, reg);
        self
    }

    /// Adds a constant to limb 0 of op.
    ///
    /// Panics if the step has a two-limb constant.
    pub fn plus(mut self, value: i128) -> Step {
        match &mut self.lhs.constant {
            Const::Short(sum) => *sum += value,
            Const::Long(_) => panic!("a step has one kind of constant"),
        }
        self
    }

    /// Subtracts a constant from limb 0 of op.
    pub fn minus(self, value: i128) -> Step {
        self.plus(-value)
    }

    /// Adds a constant of two limbs to op; a value below 2^32 is a constant of limb 0.
    ///
    /// Panics if the step has a constant.
    pub fn long(mut self, value: u64) -> Step {
        assert_eq!(
            self.lhs.constant,
            Const::Short(0),
            "a step has one constant"
        );
        self.lhs.constant = match u32::try_from(value) {
            Ok(value) => Const::Short(value.into()),
            Err(_) => Const::Long(value),
        };
        self
    }

    /// Adds the address of a label to limb 0 of op. Text can name only labels of earlier steps there.
    pub fn address_of(mut self, label: Label) -> Step {
        self.lhs.label = Some(label);
        self
    }

    /// Adds `${expr}` to op.
    pub fn hint(mut self, expr: impl Into<Expr>) -> Step {
        self.lhs.free = Some((1, Free::Hint(expr.into())));
        self
    }

    /// Adds `$0{expr}` to op: limb 0 is free, limb 1 is not.
    pub fn hint_limb0(mut self, expr: impl Into<Expr>) -> Step {
        self.free_limb0 = true;
        self.hint(expr)
    }

    /// Adds `$` to op: what the operation gives.
    pub fn computed(mut self) -> Step {
        self.lhs.free = Some((1, Free::Computed));
        self
    }

    /// Sets a register to op.
    pub fn set(mut self, reg: Reg) -> Step {
        if !self.dest.contains(&reg) {
            self.dest.push(reg);
        }
        self
    }

    /// `MLOAD`.
    pub fn load(mut self, address: Address) -> Step {
        self.mem = Some(Mem {
            write: false,
            address,
        });
        self
    }

    /// `MSTORE`.
    pub fn store(mut self, address: Address) -> Step {
        self.mem = Some(Mem {
            write: true,
            address,
        });
        self
    }

    /// A Binary operation.
    pub fn bin(mut self, bin: Bin) -> Step {
        self.bin = Some(bin);
        self
    }

    /// `ARITH`.
    pub fn arith(mut self) -> Step {
        self.arith = true;
        self
    }

    /// A MemAlign operation.
    pub fn align(mut self, align: Align) -> Step {
        self.align = Some(align);
        self
    }

    /// `ASSERT`.
    pub fn assert(mut self) -> Step {
        self.assert = true;
        self
    }

    /// Sets what follows.
    pub fn then(mut self, jump: Jump) -> Step {
        self.jump = jump;
        self
    }

    /// `JMP(label)`.
    pub fn jmp(self, label: Label) -> Step {
        self.then(Jump::Jmp(Goto::Label(label)))
    }

    /// `JMP(E)`, `JMP(@label + E)` and the like.
    pub fn jmp_to(self, base: Option<Label>, index: Index) -> Step {
        self.then(Jump::Jmp(Goto::Indirect(base, index)))
    }

    /// `JMPN(label)`.
    pub fn jmpn(self, label: Label) -> Step {
        self.then(Jump::If(
            Condition::Negative,
            Goto::Label(label),
            Goto::Next,
        ))
    }

    /// Goes to the label unless op is negative: `JMPN` with its targets exchanged needs a label for the next step in text.
    pub fn jmpn_else(self, label: Label, other: Label) -> Step {
        let (label, other) = (Goto::Label(label), Goto::Label(other));
        self.then(Jump::If(Condition::Negative, label, other))
    }

    /// `JMPC(label)`.
    pub fn jmpc(self, label: Label) -> Step {
        self.then(Jump::If(Condition::Carry, Goto::Label(label), Goto::Next))
    }

    /// `JMPNC(label)`.
    pub fn jmpnc(self, label: Label) -> Step {
        self.then(Jump::If(Condition::Carry, Goto::Next, Goto::Label(label)))
    }

    /// `JMPZ(label)`.
    pub fn jmpz(self, label: Label) -> Step {
        self.then(Jump::If(Condition::Zero, Goto::Label(label), Goto::Next))
    }

    /// `JMPNZ(label)`.
    pub fn jmpnz(self, label: Label) -> Step {
        self.then(Jump::If(Condition::Zero, Goto::Next, Goto::Label(label)))
    }

    /// `CALL(label)`.
    pub fn call(self, label: Label) -> Step {
        self.then(Jump::Call(Goto::Label(label)))
    }

    /// `RETURN`.
    pub fn ret(self) -> Step {
        self.then(Jump::Return)
    }

    /// Adds a remark.
    pub fn note(mut self, comment: impl Into<String>) -> Step {
        self.comment = Some(comment.into());
        self
    }

    /// Whether an operation or a destination reads op, so that text needs a left-hand side.
    pub fn uses_op(&self) -> bool {
        !self.dest.is_empty()
            || self.mem.is_some()
            || self.bin.is_some()
            || self.arith
            || self.align.is_some()
            || self.assert
            || matches!(self.jump, Jump::If(..))
    }

    /// The labels the step names.
    pub fn labels(&self) -> impl Iterator<Item = Label> {
        let of = |goto: Goto| match goto {
            Goto::Next => None,
            Goto::Label(label) => Some(label),
            Goto::Indirect(label, _) => label,
        };
        let (first, second) = match self.jump {
            Jump::None | Jump::Return | Jump::Repeat => (None, None),
            Jump::Jmp(goto) | Jump::Call(goto) => (of(goto), None),
            Jump::If(_, goto, other) => (of(goto), of(other)),
        };
        [self.lhs.label, first, second].into_iter().flatten()
    }
}
