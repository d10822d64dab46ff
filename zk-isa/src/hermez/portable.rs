//! The forms of the language that every version of upstream's assembler reads, from zkasmcom v1.0.0 on.
//!
//! v1.0.0 has no constant added to a variable's name, no index but E for the spaces, no `$0{}`, and later versions bound each
//! number of a left-hand side to the range of `CONST`. [`Program::split_variables`] turns words of variables into variables.

use super::asm::{factors, summands};
use super::expr::Expr;
use super::program::{Program, Scope, Var, Variable};
use super::step::{Const, Free, Goto, Index, Jump, Space, Step};
use std::collections::{BTreeMap, BTreeSet};

/// Largest number of a left-hand side (zkasmcom, `compiler.js`, maxConst).
const MAX_CONST: u128 = (1 << 32) - 1;

impl Program {
    /// Makes every word that a step names by variable and offset a variable of its own, at the same address.
    pub fn split_variables(&mut self) {
        let mut used: BTreeMap<Var, BTreeSet<u32>> = BTreeMap::new();
        for step in &self.steps {
            let Some(mem) = step.mem else { continue };
            if let (Space::Var(var), Ok(offset)) =
                (mem.address.space, u32::try_from(mem.address.offset))
                && offset < self.var(var).len
            {
                used.entry(var).or_default().insert(offset);
            }
        }
        let mut vars: Vec<Variable> = Vec::new();
        let mut places: BTreeMap<(Var, u32), Var> = BTreeMap::new();
        let names: BTreeSet<String> = self.vars.iter().map(|v| v.name.clone()).collect();
        for (number, variable) in (0..).zip(&self.vars) {
            let mut starts = used.remove(&Var(number)).unwrap_or_default();
            starts.insert(0);
            let ends = starts.iter().skip(1).copied().chain([variable.len]);
            for (&start, end) in starts.iter().zip(ends) {
                let mut name = variable.name.clone();
                if start > 0 {
                    name = format!("{name}_{start}");
                    while names.contains(&name) {
                        name.push('_');
                    }
                }
                places.insert((Var(number), start), Var(vars.len() as u32));
                vars.push(Variable {
                    name,
                    scope: variable.scope,
                    offset: variable.offset + start,
                    len: end - start,
                });
            }
        }
        for step in &mut self.steps {
            let Some(mem) = &mut step.mem else { continue };
            let Space::Var(var) = mem.address.space else {
                continue;
            };
            let offset = u32::try_from(mem.address.offset).unwrap_or(0);
            let (place, offset) = match places.get(&(var, offset)) {
                Some(&place) if mem.address.offset >= 0 => (place, 0),
                _ => (places[&(var, 0)], mem.address.offset),
            };
            mem.address.space = Space::Var(place);
            mem.address.offset = offset;
        }
        self.vars = vars;
    }

    /// Checks that every version of upstream's assembler reads what is printed of the program. The error is a step and what
    /// is wrong there.
    pub fn check_portable(&self) -> Result<(), (Option<u32>, String)> {
        for (step, index) in self.steps.iter().zip(0..) {
            self.portable_step(step, index)
                .map_err(|message| (Some(index), message))?;
        }
        if self.vars.iter().any(|v| v.scope == Scope::Ctx) {
            let message = "variables of a context lie elsewhere in some versions";
            return Err((None, message.to_owned()));
        }
        Ok(())
    }

    fn portable_step(&self, step: &Step, index: u32) -> Result<(), String> {
        let lhs = &step.lhs;
        let refuse = |what: &str| Err(what.to_owned());
        if let Const::Short(value) = lhs.constant
            && summands(value.unsigned_abs())
                .iter()
                .any(|&s| s > MAX_CONST)
        {
            return refuse("a constant of more than 35 bits");
        }
        if lhs
            .regs
            .iter()
            .any(|r| factors(r.1.unsigned_abs()).is_none())
        {
            return refuse("a coefficient of more than 32 bits");
        }
        if step.free_limb0 {
            return refuse("`$0{}`");
        }
        match &lhs.free {
            Some((1, Free::Hint(expr))) => portable_expr(expr)?,
            Some((1, Free::Computed)) | None => {}
            Some(_) => return refuse("a free input with a coefficient"),
        }
        step.before
            .iter()
            .chain(&step.after)
            .try_for_each(portable_expr)?;
        if let Some(label) = lhs.label
            && self.address(label).is_none_or(|at| at > index)
        {
            return refuse("the address of a later label");
        }
        if let Some(mem) = step.mem {
            let address = mem.address;
            match (address.space, address.index) {
                (Space::Stack, None) | (Space::Stack | Space::Mem | Space::Sys, Some(Index::E)) => {
                }
                (Space::Var(_), _) if address.offset == 0 => {}
                (Space::Var(_), _) => return refuse("an offset from a variable"),
                (Space::Mem | Space::Sys, None) => return refuse("an address without register"),
                (Space::Stack | Space::Mem | Space::Sys, Some(Index::Rr)) => {
                    return refuse("RR as an index of a space");
                }
            }
        }
        match step.jump {
            Jump::Call(Goto::Indirect(None, _)) => refuse("`CALL` of a register alone"),
            Jump::None
            | Jump::Jmp(_)
            | Jump::If(..)
            | Jump::Call(_)
            | Jump::Return
            | Jump::Repeat => Ok(()),
        }
    }
}

/// `mem.x[i]` and `addr.x` are later than v1.0.0.
fn portable_expr(expr: &Expr) -> Result<(), String> {
    if let Expr::Mem(_, Some(_)) | Expr::Addr(..) = expr {
        return Err("a word of a variable in an expression".to_owned());
    }
    expr.children().try_for_each(portable_expr)
}
