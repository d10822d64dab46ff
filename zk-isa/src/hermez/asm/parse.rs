//! zkASM text to program: statements in order, includes in place, then names.

use super::super::expr::Expr;
use super::super::program::{Constant, Label, Program, Scope, Source, Var};
use super::super::step::{self, Const, Free, Goto, Index, Jump, Mem, Reg, Space, Step};
use super::command::command;
use super::lex::{self, Kind};
use super::nexpr::evaluate;
use super::syntax::{
    self, Address, At, Base, Factor, Item, Items, NEXT, Op, Short, Statement, Target, Term,
    error_at, statement,
};
use num_bigint::BigInt;
use winnow::stream::{Stream, TokenSlice};
use zkc_ir::Diagnostic;

/// Errors after which parsing stops.
const MAX_ERRORS: usize = 20;
/// Deepest nesting of includes.
const MAX_NESTING: usize = 16;
/// Most files of a program.
const MAX_FILES: usize = 1000;

/// Finds what `INCLUDE` names: given the name of the including file and the path as written, the name and text of the file.
pub type Include<'a> = dyn FnMut(&str, &str) -> Result<(String, String), String> + 'a;

/// Parses zkASM without includes. The program is checked.
///
/// Every diagnostic has line and column, both from 1 (columns count characters): code `malformed` for text that is not
/// zkASM of the 64-bit machine, `invalid-program` for what [`Program::check`] refuses. At most 20 are given.
pub fn parse(text: &str) -> Result<Program, Vec<Diagnostic>> {
    let mut none = |_: &str, _: &str| Err("a text without a file includes nothing".to_owned());
    parse_with("", text, &mut none)
}

/// Parses zkASM whose file is called `name`. Diagnostics as of [`parse`]; those about included files name them.
pub fn parse_with(
    name: &str,
    text: &str,
    include: &mut Include<'_>,
) -> Result<Program, Vec<Diagnostic>> {
    let mut parser = Parser {
        program: Program::new(),
        include,
        errors: Vec::new(),
        spots: Vec::new(),
        label_uses: Vec::new(),
        var_uses: Vec::new(),
        pending: Vec::new(),
        falls_through: false,
        depth: 0,
    };
    parser.file(name, text);
    parser.resolve();
    let Parser {
        program,
        mut errors,
        spots,
        ..
    } = parser;
    if errors.is_empty() {
        let Err((step, message)) = program.check() else {
            return Ok(program);
        };
        let spot = step.and_then(|step| spots.get(step as usize).copied());
        errors.push(("invalid-program", spot.unwrap_or_default(), message));
    }
    errors.truncate(MAX_ERRORS);
    let diagnostic = |(code, spot, message): (_, Spot, String)| {
        let diagnostic = Diagnostic::error(code, message).at_line(spot.line, spot.column);
        match spot.file {
            0 => diagnostic,
            file => diagnostic.in_unit(program.files[file as usize].clone()),
        }
    };
    Err(errors.into_iter().map(diagnostic).collect())
}

/// A place in a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Spot {
    file: u32,
    line: u32,
    column: u32,
}

impl Default for Spot {
    fn default() -> Spot {
        Spot {
            file: 0,
            line: 1,
            column: 1,
        }
    }
}

/// A file's number, text, and where its lines start.
struct File<'a> {
    number: u32,
    text: &'a str,
    lines: Vec<usize>,
}

impl<'a> File<'a> {
    fn new(number: u32, text: &'a str) -> File<'a> {
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        File {
            number,
            text,
            lines: std::iter::once(0).chain(starts).collect(),
        }
    }

    fn spot(&self, at: usize) -> Spot {
        let line = self.lines.partition_point(|&start| start <= at).max(1);
        let start = self.lines[line - 1];
        let end = at.min(self.text.len());
        let before = self.text.get(start..end).unwrap_or_default();
        Spot {
            file: self.number,
            line: line as u32,
            column: before.chars().count() as u32 + 1,
        }
    }
}

/// A message and the byte of the file it is about.
type Refused = (usize, String);

struct Parser<'i, 'f> {
    program: Program,
    include: &'i mut Include<'f>,
    errors: Vec<(&'static str, Spot, String)>,
    /// Where each step stands.
    spots: Vec<Spot>,
    label_uses: Vec<(Label, Spot)>,
    /// Steps whose address names a variable that may be declared later.
    var_uses: Vec<(usize, String, Spot)>,
    /// Commands for the next step.
    pending: Vec<Expr>,
    /// Whether a command belongs to the step before it.
    falls_through: bool,
    depth: usize,
}

impl Parser<'_, '_> {
    fn error(&mut self, spot: Spot, message: String) {
        self.errors.push(("malformed", spot, message));
    }

    fn file(&mut self, name: &str, text: &str) {
        let file = File::new(self.program.files.len() as u32, text);
        self.program.files.push(name.to_owned());
        let tokens = match lex::program(text) {
            Ok(tokens) => tokens,
            Err((at, message)) => return self.error(file.spot(at), message),
        };
        let mut input = TokenSlice::new(&tokens);
        while let Some(first) = input.first() {
            let at = first.at;
            let result = statement(&mut input)
                .map_err(|error| error_at(&input, error, text.len()))
                .and_then(|statement| self.add(&file, at, statement));
            if let Err((at, message)) = result {
                self.error(file.spot(at), message);
                if self.errors.len() >= MAX_ERRORS {
                    return;
                }
                while input
                    .first()
                    .is_some_and(|t| !matches!(t.kind, Kind::Lf(_)))
                {
                    let _: Option<_> = input.next_token();
                }
            }
        }
        if !self.pending.is_empty() && self.depth == 0 {
            self.error(
                file.spot(text.len()),
                "no step follows a command".to_owned(),
            );
        }
    }

    fn no_pending(&self, at: usize, what: &str) -> Result<(), Refused> {
        if self.pending.is_empty() {
            return Ok(());
        }
        Err((at, format!("no command is allowed before {what}")))
    }

    fn add(&mut self, file: &File<'_>, at: usize, statement: Statement<'_>) -> Result<(), Refused> {
        match statement {
            Statement::Empty => {}
            Statement::Label(name) => {
                self.no_pending(at, "a label")?;
                if name == NEXT {
                    return Err((at, format!("`{NEXT}` is the following step's label")));
                }
                let label = self.program.label(name);
                if !self.program.bind(label) {
                    return Err((at, format!("label `{name}` is defined twice")));
                }
                self.falls_through = false;
            }
            Statement::Var {
                is_ctx,
                name,
                count,
            } => {
                self.no_pending(at, "a variable")?;
                let count = match count {
                    None => BigInt::from(1),
                    Some(count) => self.short(&count.value).map_err(|m| (count.at, m))?,
                };
                let len = u32::try_from(&count)
                    .ok()
                    .filter(|len| (1..=1 << 16).contains(len));
                let len = len.ok_or((at, format!("{count} words: expected 1 to 65536")))?;
                if self.program.find_var(name).is_some() {
                    return Err((at, format!("variable `{name}` is declared twice")));
                }
                let scope = if is_ctx { Scope::Ctx } else { Scope::Global };
                self.program.declare(scope, name, len);
                self.falls_through = false;
            }
            Statement::Const {
                is_long,
                name,
                value,
            } => {
                if self.program.find_constant(name).is_some() {
                    return Err((at, format!("constant `%{name}` is defined twice")));
                }
                let known = |name: &str| Some(self.program.find_constant(name)?.value.clone());
                let value = evaluate(&value, &known).map_err(|message| (at, message))?;
                self.program.constants.push(Constant {
                    name: name.to_owned(),
                    long: is_long,
                    value,
                });
            }
            Statement::Include(path) => {
                self.no_pending(at, "`INCLUDE`")?;
                if self.depth >= MAX_NESTING || self.program.files.len() >= MAX_FILES {
                    return Err((at, "too many includes".to_owned()));
                }
                let name = self.program.files[file.number as usize].clone();
                let (name, text) = (self.include)(&name, path).map_err(|message| {
                    (
                        at,
                        format!("cannot include `{}`: {message}", path.escape_debug()),
                    )
                })?;
                self.depth += 1;
                self.falls_through = false;
                self.file(&name, &text);
                self.depth -= 1;
                self.falls_through = false;
            }
            Statement::Command(text, start) => {
                let expr = command(text, start)?;
                match self.program.steps.last_mut() {
                    Some(step) if self.falls_through => step.after.push(expr),
                    _ => self.pending.push(expr),
                }
            }
            Statement::Step(syntax) => self.step(file, at, &syntax)?,
        }
        Ok(())
    }

    fn short(&self, short: &Short<'_>) -> Result<BigInt, String> {
        match short {
            Short::Number(value) => Ok(value.clone()),
            Short::Const(name) => match self.program.find_constant(name) {
                Some(constant) => Ok(constant.value.clone()),
                None => Err(format!("constant `%{name}` is not defined")),
            },
        }
    }

    fn step(
        &mut self,
        file: &File<'_>,
        at: usize,
        syntax: &syntax::Step<'_>,
    ) -> Result<(), Refused> {
        let mut step = Step::new();
        if !syntax.lhs.is_empty() {
            let sum = self.left(&syntax.lhs)?;
            sum.store(&mut step).map_err(|message| (at, message))?;
        }
        for dest in &syntax.dest {
            if step.dest.contains(&dest.value) {
                let name = dest.value.name();
                return Err((dest.at, format!("register `{name}` is set twice")));
            }
            step.dest.push(dest.value);
        }
        for op in &syntax.ops {
            self.op(file, &mut step, op)?;
        }
        if syntax.lhs.is_empty() && step.uses_op() {
            return Err((at, "a left-hand side is missing".to_owned()));
        }
        step.comment = syntax.comment.map(str::to_owned);
        step.before = std::mem::take(&mut self.pending);
        self.falls_through = matches!(step.jump, Jump::None | Jump::Repeat);
        let spot = file.spot(at);
        self.spots.push(spot);
        self.program.sources.push(Source {
            file: spot.file,
            line: spot.line,
        });
        self.program.push(step);
        Ok(())
    }

    fn op(&mut self, file: &File<'_>, step: &mut Step, op: &At<Op<'_>>) -> Result<(), Refused> {
        let twice = || (op.at, "the step has such an operation already".to_owned());
        let is_jump = matches!(
            op.value,
            Op::Jmp(_) | Op::Call(_) | Op::If(..) | Op::Return | Op::Repeat
        );
        if is_jump && step.jump != Jump::None {
            return Err(twice());
        }
        match &op.value {
            Op::Mem(write, address) => {
                if step.mem.is_some() {
                    return Err(twice());
                }
                let address = self.address(file, address)?;
                step.mem = Some(Mem {
                    write: *write,
                    address,
                });
            }
            Op::Bin(bin) => {
                if step.bin.replace(*bin).is_some() {
                    return Err(twice());
                }
            }
            Op::Arith => {
                if std::mem::replace(&mut step.arith, true) {
                    return Err(twice());
                }
            }
            Op::Align(align) => {
                if step.align.replace(*align).is_some() {
                    return Err(twice());
                }
            }
            Op::Assert => {
                if std::mem::replace(&mut step.assert, true) {
                    return Err(twice());
                }
            }
            Op::Jmp(target) => step.jump = Jump::Jmp(self.target(file, target)?),
            Op::Call(target) => step.jump = Jump::Call(self.target(file, target)?),
            Op::Return => step.jump = Jump::Return,
            Op::Repeat => step.jump = Jump::Repeat,
            Op::If(condition, negated, first, second) => {
                let first = self.target(file, first)?;
                let second = match second {
                    Some(second) => self.target(file, second)?,
                    None => Goto::Next,
                };
                step.jump = if *negated {
                    Jump::If(*condition, second, first)
                } else {
                    Jump::If(*condition, first, second)
                };
            }
        }
        Ok(())
    }

    fn address(
        &mut self,
        file: &File<'_>,
        address: &Address<'_>,
    ) -> Result<step::Address, Refused> {
        let (index, offset) = self.items(&address.items)?;
        let at = address.base.at;
        let offset = i32::try_from(&offset)
            .ok()
            .filter(|o| o.unsigned_abs() < 1 << 18);
        let offset = offset.ok_or((at, "an offset is below 2^18".to_owned()))?;
        let space = match address.base.value {
            Base::Sp | Base::Stack => Space::Stack,
            Base::Sys => Space::Sys,
            Base::Mem => Space::Mem,
            Base::Name(name) => {
                let use_ = (self.program.steps.len(), name.to_owned(), file.spot(at));
                self.var_uses.push(use_);
                Space::Var(Var(u32::MAX))
            }
        };
        Ok(step::Address {
            space,
            index,
            offset,
            inc_sp: address.inc_sp,
        })
    }

    fn target(&mut self, file: &File<'_>, target: &Target<'_>) -> Result<Goto, Refused> {
        let (index, offset) = self.items(&target.items)?;
        let at = target.label.as_ref().map(|l| l.at);
        let at = at.or(target.items.first().map(|(_, item)| item.at));
        if offset != BigInt::ZERO {
            let message = "a number cannot be added to a label";
            return Err((at.unwrap_or(0), message.to_owned()));
        }
        let label = match &target.label {
            Some(label) if label.value == NEXT => {
                return match index {
                    None => Ok(Goto::Next),
                    Some(_) => Err((label.at, "expected a label".to_owned())),
                };
            }
            Some(name) => {
                let label = self.program.label(name.value);
                self.label_uses.push((label, file.spot(name.at)));
                Some(label)
            }
            None => None,
        };
        match (label, index) {
            (Some(label), None) => Ok(Goto::Label(label)),
            (label, Some(index)) => Ok(Goto::Indirect(label, index)),
            (None, None) => Err((at.unwrap_or(0), "expected a label, `E` or `RR`".to_owned())),
        }
    }

    fn items(&self, items: &Items<'_>) -> Result<(Option<Index>, BigInt), Refused> {
        let mut index = None;
        let mut offset = BigInt::ZERO;
        for (negative, item) in items {
            let register = match &item.value {
                Item::Short(short) => {
                    let value = self.short(short).map_err(|message| (item.at, message))?;
                    if *negative {
                        offset -= value;
                    } else {
                        offset += value;
                    }
                    continue;
                }
                Item::E => Index::E,
                Item::Rr => Index::Rr,
            };
            if *negative || index.replace(register).is_some() {
                return Err((item.at, "one register is added to an address".to_owned()));
            }
        }
        Ok((index, offset))
    }

    fn left(&mut self, terms: &[Term<'_>]) -> Result<Sum, Refused> {
        let mut sum = Sum::default();
        for term in terms {
            let mut product: Option<Sum> = None;
            let mut at = 0;
            for factor in &term.factors {
                at = factor.at;
                let value = self.factor(factor)?;
                product = Some(match product {
                    None => value,
                    Some(left) => self
                        .times(left, value)
                        .map_err(|message| (factor.at, message))?,
                });
            }
            let mut product = product.unwrap_or_default();
            if term.negative {
                product = self
                    .scale(product, &BigInt::from(-1))
                    .map_err(|message| (at, message))?;
            }
            self.plus(&mut sum, product)
                .map_err(|message| (at, message))?;
        }
        Ok(sum)
    }

    fn factor(&mut self, factor: &At<Factor<'_>>) -> Result<Sum, Refused> {
        let mut sum = Sum::default();
        let at = factor.at;
        let power = |base: &BigInt, exponent: &BigInt| {
            let exponent = u32::try_from(exponent).ok().filter(|&e| e <= 64);
            let exponent = exponent.ok_or((at, "an exponent is at most 64".to_owned()))?;
            Ok(base.pow(exponent))
        };
        match &factor.value {
            Factor::Tag { text, limb0 } => {
                let free = match text {
                    None => Free::Computed,
                    Some((text, start)) => Free::Hint(command(text, *start)?),
                };
                sum.free = Some((BigInt::from(1), free, *limb0));
            }
            Factor::Reg(reg) => sum.regs.push((*reg, BigInt::from(1))),
            Factor::ZkPc => sum.short = Some(self.program.steps.len().into()),
            Factor::Number(value) => sum.short = Some(value.clone()),
            Factor::Power(base, exponent) => sum.short = Some(power(base, exponent)?),
            Factor::Long(value) => sum.long = Some(value.clone()),
            Factor::LongPower(base, exponent) => sum.long = Some(power(base, exponent)?),
            Factor::Const(name) => match self.program.find_constant(name) {
                Some(constant) if constant.long => sum.long = Some(constant.value.clone()),
                Some(constant) => sum.short = Some(constant.value.clone()),
                None => return Err((at, format!("constant `%{name}` is not defined"))),
            },
            Factor::Reference(name) => {
                let label = self.program.find_label(name);
                let label = label.filter(|&label| self.program.address(label).is_some());
                if label.is_some() {
                    sum.label = label;
                } else if let Some(var) = self.program.find_var(name) {
                    sum.short = Some(self.program.var(var).offset.into());
                } else {
                    let message = format!("neither label nor variable `{name}` is defined yet");
                    return Err((at, message));
                }
            }
        }
        Ok(sum)
    }

    fn times(&self, left: Sum, right: Sum) -> Result<Sum, String> {
        let (constant, other) = if left.is_short() {
            (left, right)
        } else if right.is_short() {
            (right, left)
        } else {
            return Err("one factor must be a constant".to_owned());
        };
        if other.long.is_some() {
            return Err("constants of one and of two limbs do not mix".to_owned());
        }
        let factor = constant.short.unwrap_or_default();
        self.scale(other, &factor)
    }

    fn scale(&self, mut sum: Sum, factor: &BigInt) -> Result<Sum, String> {
        self.fold_label(&mut sum);
        for (_, coefficient) in &mut sum.regs {
            *coefficient *= factor;
        }
        if let Some((coefficient, _, _)) = &mut sum.free {
            *coefficient *= factor;
        }
        for constant in [&mut sum.short, &mut sum.long].into_iter().flatten() {
            *constant *= factor;
        }
        Ok(sum)
    }

    /// Replaces a label by its address.
    fn fold_label(&self, sum: &mut Sum) {
        if let Some(address) = sum.label.take().and_then(|l| self.program.address(l)) {
            *sum.short.get_or_insert_default() += address;
        }
    }

    fn plus(&self, sum: &mut Sum, mut other: Sum) -> Result<(), String> {
        if sum.label.is_some() && other.label.is_some() {
            self.fold_label(sum);
            self.fold_label(&mut other);
        }
        if sum.free.is_some() && other.free.is_some() {
            return Err("a step has one free input".to_owned());
        }
        sum.regs.extend(other.regs);
        sum.free = sum.free.take().or(other.free);
        sum.label = sum.label.or(other.label);
        for (all, one) in [(&mut sum.short, other.short), (&mut sum.long, other.long)] {
            if let Some(one) = one {
                *all.get_or_insert_default() += one;
            }
        }
        if sum.long.is_some() && (sum.short.is_some() || sum.label.is_some()) {
            return Err("constants of one and of two limbs do not mix".to_owned());
        }
        Ok(())
    }

    /// Puts variables into addresses, and looks for labels without a step.
    fn resolve(&mut self) {
        for (step, name, spot) in std::mem::take(&mut self.var_uses) {
            let Some(var) = self.program.find_var(&name) else {
                self.error(spot, format!("variable `{name}` is not defined"));
                continue;
            };
            if let Some(mem) = self
                .program
                .steps
                .get_mut(step)
                .and_then(|s| s.mem.as_mut())
            {
                mem.address.space = Space::Var(var);
            }
        }
        let mut uses = std::mem::take(&mut self.label_uses);
        uses.retain(|&(label, _)| self.program.address(label).is_none());
        for (label, spot) in uses {
            let message = format!("label `{}` is not defined", self.program.label_name(label));
            self.error(spot, message);
        }
    }
}

/// The value of a part of a left-hand side.
#[derive(Clone, Debug, Default)]
struct Sum {
    regs: Vec<(Reg, BigInt)>,
    free: Option<(BigInt, Free, bool)>,
    short: Option<BigInt>,
    long: Option<BigInt>,
    label: Option<Label>,
}

impl Sum {
    fn is_short(&self) -> bool {
        let others = self.long.is_some() || self.label.is_some() || self.free.is_some();
        self.regs.is_empty() && !others
    }

    fn store(self, step: &mut Step) -> Result<(), String> {
        let number = |value: &BigInt| {
            let number = i128::try_from(value)
                .ok()
                .filter(|v| v.unsigned_abs() >> 100 == 0);
            number.ok_or_else(|| "a number is too large".to_owned())
        };
        for (reg, coefficient) in &self.regs {
            step.lhs.add_reg(number(coefficient)?, *reg);
        }
        if let Some((coefficient, free, limb0)) = self.free {
            step.lhs.free = Some((number(&coefficient)?, free));
            step.free_limb0 = limb0;
        }
        step.lhs.label = self.label;
        step.lhs.constant = match (&self.short, &self.long) {
            (_, Some(long)) => Const::Long(
                u64::try_from(long).map_err(|_| "a constant is within 0..2^64".to_owned())?,
            ),
            (Some(short), None) => Const::Short(number(short)?),
            (None, None) => Const::Short(0),
        };
        Ok(())
    }
}
