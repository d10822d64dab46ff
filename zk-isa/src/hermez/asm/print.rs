//! Program to zkASM text: declarations, then steps, one a line. What is printed parses back to an equal program.

use super::super::expr::{BinaryOp, Expr, UnaryOp};
use super::super::program::{Program, Scope};
use super::super::step::{
    Address, Align, Bin, Condition, Const, Free, Goto, Index, Jump, Lhs, Reg, Space, Step,
};
use super::syntax::NEXT;
use std::fmt::Write;

/// Column of comments.
const COMMENT_COLUMN: usize = 56;
/// Column of operations.
const OP_COLUMN: usize = 32;

/// Prints a program that [`Program::check`] accepts.
pub fn print(program: &Program) -> String {
    let mut text = String::new();
    for var in &program.vars {
        let scope = match var.scope {
            Scope::Global => "GLOBAL",
            Scope::Ctx => "CTX",
        };
        text.push_str(&format!("VAR {scope} {}", var.name));
        if var.len != 1 {
            text.push_str(&format!("[{}]", var.len));
        }
        text.push('\n');
    }
    for constant in &program.constants {
        let (word, suffix) = if constant.long {
            ("CONSTL", "n")
        } else {
            ("CONST", "")
        };
        text.push_str(&format!(
            "{word} %{} = {}{suffix}\n",
            constant.name, constant.value
        ));
    }
    let mut labels: Vec<(u32, &str)> = program
        .labels()
        .filter_map(|(_, name, step)| Some((step?, name)))
        .collect();
    labels.sort();
    let mut labels = labels.into_iter().peekable();
    for (index, step) in program.steps.iter().enumerate() {
        while let Some((_, name)) = labels.next_if(|&(at, _)| at as usize == index) {
            text.push_str(&format!("{name}:\n"));
        }
        for command in &step.before {
            text.push_str(&format!("    $${{{}}}\n", expr(command)));
        }
        print_step(program, step, &mut text);
        for command in &step.after {
            text.push_str(&format!("    $${{{}}}\n", expr(command)));
        }
    }
    for (_, name) in labels {
        text.push_str(&format!("{name}:\n"));
    }
    text
}

fn print_step(program: &Program, step: &Step, text: &mut String) {
    let ops = ops(program, step);
    let left = left(program, step, ops.is_empty());
    let mut line = format!("    {left}");
    if !step.dest.is_empty() {
        let dest: Vec<&str> = step.dest.iter().map(|r| r.name()).collect();
        line.push_str(&format!(" => {}", dest.join(", ")));
    }
    if !ops.is_empty() {
        line = format!(
            "{line:<width$}:{}",
            ops.join(", "),
            width = OP_COLUMN.max(line.len() + 1)
        );
    }
    if let Some(comment) = &step.comment {
        let comment = comment.replace(['\n', '\r'], " ");
        let width = COMMENT_COLUMN.max(line.len() + 1);
        line = format!("{line:<width$}; {}", comment.trim());
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

fn left(program: &Program, step: &Step, is_alone: bool) -> String {
    let mut terms: Vec<(bool, String)> = Vec::new();
    let Lhs {
        regs,
        free,
        constant,
        label,
    } = &step.lhs;
    let mut term = |coefficient: i128, what: &str| {
        terms.push((coefficient < 0, scaled(coefficient.unsigned_abs(), what)));
    };
    for &(reg, coefficient) in regs {
        term(coefficient, reg.name());
    }
    if let Some((coefficient, free)) = free {
        let tag = match free {
            Free::Computed => "$".to_owned(),
            Free::Hint(hint) if step.free_limb0 => format!("$0{{{}}}", expr(hint)),
            Free::Hint(hint) => format!("${{{}}}", expr(hint)),
        };
        if *coefficient < 0 && regs.is_empty() && *constant == Const::Short(0) {
            // upstream cannot negate a free input in front
            term(0, "0");
        }
        term(*coefficient, &tag);
    }
    match *constant {
        Const::Short(value) => {
            let parts = summands(value.unsigned_abs());
            terms.extend(parts.iter().map(|part| (value < 0, part.to_string())));
        }
        Const::Long(value) => terms.push((false, format!("{value}n"))),
    }
    if let Some(label) = label {
        terms.push((false, format!("@{}", program.label_name(*label))));
    }
    if terms.is_empty() && (step.uses_op() || is_alone) {
        return "0".to_owned();
    }
    // a constant in front of a negative first term
    terms.sort_by_key(|(negative, _)| *negative);
    let mut text = String::new();
    for (index, (negative, term)) in terms.iter().enumerate() {
        match (index, negative) {
            (0, false) => {}
            (0, true) => text.push('-'),
            (_, false) => text.push_str(" + "),
            (_, true) => text.push_str(" - "),
        }
        text.push_str(term);
    }
    text
}

/// A multiple of something. Factors above 32 bits, which some versions of upstream's assembler refuse as numbers, are products.
fn scaled(factor: u128, what: &str) -> String {
    match factors(factor) {
        _ if factor == 1 => what.to_owned(),
        Some(factors) => {
            let factors: Vec<String> = factors.iter().map(u32::to_string).collect();
            match &factors[..] {
                [one] => format!("{one} * {what}"),
                _ => format!("{what} * {}", factors.join(" * ")),
            }
        }
        None => format!("{factor} * {what}"),
    }
}

/// Factors of a number that is a number of 32 bits times a power of two.
pub(in super::super) fn factors(number: u128) -> Option<Vec<u32>> {
    if let Ok(number) = u32::try_from(number) {
        return Some(vec![number]);
    }
    let mut twos = number.trailing_zeros();
    let mut factors = vec![u32::try_from(number >> twos).ok()?];
    while twos > 0 {
        let some = twos.min(31);
        factors.push(1 << some);
        twos -= some;
    }
    factors.retain(|&f| f != 1);
    Some(factors)
}

/// Summands of 32 bits, or the number itself if there would be many; none of zero.
pub(in super::super) fn summands(number: u128) -> Vec<u128> {
    let most = u128::from(u32::MAX);
    if number > 8 * most {
        return vec![number];
    }
    let mut summands = Vec::new();
    let mut left = number;
    while left > 0 {
        summands.push(left.min(most));
        left -= left.min(most);
    }
    summands
}

fn ops(program: &Program, step: &Step) -> Vec<String> {
    let mut ops = Vec::new();
    if let Some(bin) = step.bin {
        let text = Bin::ALL.iter().find(|b| b.0 == bin).map_or("", |b| b.1);
        ops.push(text.to_owned());
    }
    if step.arith {
        ops.push("ARITH".to_owned());
    }
    if let Some(align) = step.align {
        let text = Align::ALL.iter().find(|a| a.0 == align).map_or("", |a| a.1);
        ops.push(text.to_owned());
    }
    if step.assert {
        ops.push("ASSERT".to_owned());
    }
    if let Some(mem) = step.mem {
        let op = if mem.write { "MSTORE" } else { "MLOAD" };
        ops.push(format!("{op}({})", address(program, &mem.address)));
    }
    match step.jump {
        Jump::None => {}
        Jump::Jmp(to) => ops.push(format!("JMP({})", goto(program, to))),
        Jump::Call(to) => ops.push(format!("CALL({})", goto(program, to))),
        Jump::Return => ops.push("RETURN".to_owned()),
        Jump::Repeat => ops.push("REPEAT(RCX)".to_owned()),
        Jump::If(condition, to, other) => ops.push(conditional(program, condition, to, other)),
    }
    ops
}

fn conditional(program: &Program, condition: Condition, to: Goto, other: Goto) -> String {
    let row = Condition::ALL.iter().find(|c| c.0 == condition);
    let (name, negated) = row.map_or(("", None), |c| (c.1, c.2));
    let (to_text, other_text) = (goto(program, to), goto(program, other));
    match (to, other, negated) {
        (Goto::Next, Goto::Label(_), Some(negated)) => format!("{negated}({other_text})"),
        (_, Goto::Next, _) => format!("{name}({to_text})"),
        _ => format!("{name}({to_text}, {other_text})"),
    }
}

fn register(index: Index) -> &'static str {
    match index {
        Index::E => Reg::E.name(),
        Index::Rr => Reg::Rr.name(),
    }
}

fn goto(program: &Program, goto: Goto) -> String {
    match goto {
        Goto::Next => NEXT.to_owned(),
        Goto::Label(label) => program.label_name(label).to_owned(),
        Goto::Indirect(None, index) => register(index).to_owned(),
        Goto::Indirect(Some(label), index) => {
            format!("@{} + {}", program.label_name(label), register(index))
        }
    }
}

fn address(program: &Program, address: &Address) -> String {
    let index = address.index.map(register);
    let offset = match address.offset {
        0 => String::new(),
        n if n < 0 => format!(" - {}", n.unsigned_abs()),
        n => format!(" + {n}"),
    };
    match (address.space, index) {
        (Space::Stack, None) => match address.inc_sp {
            0 => format!("SP{offset}"),
            1 => "SP++".to_owned(),
            _ => "SP--".to_owned(),
        },
        (Space::Stack, Some(index)) => format!("STACK:{index}{offset}"),
        (Space::Mem, Some(index)) => format!("MEM:{index}{offset}"),
        (Space::Sys, Some(index)) => format!("SYS:{index}{offset}"),
        (Space::Mem, None) => format!("MEM:{}", address.offset),
        (Space::Sys, None) => format!("SYS:{}", address.offset),
        (Space::Var(var), None) => format!("{}{offset}", program.var(var).name),
        (Space::Var(var), Some(index)) if address.offset == 0 => {
            format!("{} + {index}", program.var(var).name)
        }
        (Space::Var(var), Some(index)) => format!("{}[{index}{offset}]", program.var(var).name),
    }
}

/// An expression; operands that are no leaves stand in parentheses.
pub(super) fn expr(expr: &Expr) -> String {
    let mut text = String::new();
    write_expr(expr, &mut text);
    text
}

fn write_expr(expr: &Expr, text: &mut String) {
    let result = match expr {
        Expr::Number(value) => write!(text, "{value}"),
        Expr::Reg(reg) => write!(text, "{}", reg.name()),
        Expr::ZkPc => write!(text, "zkPC"),
        Expr::Var(name) => write!(text, "{name}"),
        Expr::Declare(name) => write!(text, "var {name}"),
        Expr::Const(name) => write!(text, "const.{name}"),
        Expr::Set(left, right) => {
            write_expr(left, text);
            text.push_str(" = ");
            write_expr(right, text);
            Ok(())
        }
        Expr::Unary(op, a) => {
            let name = UnaryOp::ALL.iter().find(|o| o.0 == *op).map_or("", |o| o.1);
            text.push_str(name);
            operand(a, text);
            Ok(())
        }
        Expr::Binary(op, a, b) => {
            let name = BinaryOp::ALL
                .iter()
                .find(|o| o.0 == *op)
                .map_or("", |o| o.1);
            operand(a, text);
            text.push_str(&format!(" {name} "));
            operand(b, text);
            Ok(())
        }
        Expr::If(condition, yes, no) => {
            operand(condition, text);
            text.push_str(" ? ");
            operand(yes, text);
            text.push_str(" : ");
            operand(no, text);
            Ok(())
        }
        Expr::Call(name, params) => {
            text.push_str(name);
            text.push('(');
            for (index, param) in params.iter().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                write_expr(param, text);
            }
            text.push(')');
            Ok(())
        }
        Expr::Mem(name, index) | Expr::Addr(name, index) => {
            let module = if matches!(expr, Expr::Mem(..)) {
                "mem"
            } else {
                "addr"
            };
            text.push_str(&format!("{module}.{name}"));
            if let Some(index) = index {
                text.push('[');
                write_expr(index, text);
                text.push(']');
            }
            Ok(())
        }
    };
    result.expect("a string takes all text");
}

fn operand(expr: &Expr, text: &mut String) {
    let is_leaf = !matches!(
        expr,
        Expr::Set(..) | Expr::Unary(..) | Expr::Binary(..) | Expr::If(..)
    );
    if is_leaf {
        return write_expr(expr, text);
    }
    text.push('(');
    write_expr(expr, text);
    text.push(')');
}
