//! The ROM as upstream's JSON, what its executor and its ROM builder read. Fields of value 0 are left out: absent is 0 there.

use super::super::expr::{BinaryOp, Expr, UnaryOp};
use super::super::program::{Label, Program, Scope};
use super::super::step::{Align, Condition, Const, Free, Goto, Index, Jump, Mem, Space, Step};
use super::syntax::NEXT;
use serde_json::{Map, Value, json};

/// The ROM of a program that [`Program::check`] accepts: `program`, `labels`, `constants`.
pub fn to_json(program: &Program) -> Value {
    let steps = program.steps.iter().zip(0..);
    let steps: Vec<Value> = steps.map(|(s, i)| step(program, s, i)).collect();
    let labels: Map<String, Value> = program
        .labels()
        .filter_map(|(_, name, at)| Some((name.to_owned(), at?.into())))
        .collect();
    let constants = program.constants.iter().map(|constant| {
        let kind = if constant.long { "CONSTL" } else { "CONST" };
        let value = json!({"value": constant.value.to_string(), "type": kind});
        (constant.name.clone(), value)
    });
    let constants: Map<String, Value> = constants.collect();
    json!({"program": steps, "labels": labels, "constants": constants})
}

type Fields = Map<String, Value>;

fn flag(fields: &mut Fields, name: &str) {
    fields.insert(name.to_owned(), 1.into());
}

fn step(program: &Program, step: &Step, index: u32) -> Value {
    let mut fields = Fields::new();
    if let Some(source) = program.sources.get(index as usize).filter(|s| s.line > 0) {
        let file = program.files.get(source.file as usize);
        fields.insert(
            "fileName".to_owned(),
            file.cloned().unwrap_or_default().into(),
        );
        fields.insert("line".to_owned(), source.line.into());
    }
    left(program, step, &mut fields);
    for reg in &step.dest {
        flag(&mut fields, &format!("set{}", reg.key()));
    }
    if let Some(mem) = &step.mem {
        memory(program, mem, &mut fields);
    }
    if let Some(bin) = step.bin {
        flag(&mut fields, "bin");
        fields.insert("binOpcode".to_owned(), (bin as u32).into());
    }
    if step.arith {
        flag(&mut fields, "arith");
    }
    if let Some(align) = step.align {
        let key = Align::ALL.iter().find(|a| a.0 == align).map_or("", |a| a.2);
        flag(&mut fields, key);
    }
    if step.assert {
        flag(&mut fields, "assert");
    }
    jump(program, step, index, &mut fields);
    for (name, commands) in [("cmdBefore", &step.before), ("cmdAfter", &step.after)] {
        if !commands.is_empty() {
            let commands: Vec<Value> = commands.iter().map(|e| expr(program, e)).collect();
            fields.insert(name.to_owned(), commands.into());
        }
    }
    Value::Object(fields)
}

fn left(program: &Program, step: &Step, fields: &mut Fields) {
    let lhs = &step.lhs;
    for (reg, coefficient) in &lhs.regs {
        fields.insert(format!("in{}", reg.key()), coefficient.to_string().into());
    }
    if let Some((coefficient, free)) = &lhs.free {
        let name = if step.free_limb0 { "inFREE0" } else { "inFREE" };
        fields.insert(name.to_owned(), coefficient.to_string().into());
        let tag = match free {
            Free::Computed => json!({"op": ""}),
            Free::Hint(hint) => expr(program, hint),
        };
        fields.insert("freeInTag".to_owned(), tag);
    }
    let label = lhs.label.and_then(|label| program.address(label));
    match lhs.constant {
        Const::Short(value) => {
            let value = value + i128::from(label.unwrap_or(0));
            if value != 0 {
                fields.insert("CONST".to_owned(), value.to_string().into());
            }
        }
        Const::Long(value) => {
            fields.insert("CONSTL".to_owned(), value.to_string().into());
        }
    }
    if let Some(label) = lhs.label {
        fields.insert("labelCONST".to_owned(), program.label_name(label).into());
    }
}

fn memory(program: &Program, mem: &Mem, fields: &mut Fields) {
    let address = &mem.address;
    flag(fields, "mOp");
    if mem.write {
        flag(fields, "mWR");
    }
    let (use_ctx, offset) = program.address_parts(address);
    if use_ctx {
        flag(fields, "useCTX");
    }
    match address.space {
        Space::Sys => {}
        Space::Mem => flag(fields, "isMem"),
        Space::Stack => flag(fields, "isStack"),
        Space::Var(var) => {
            fields.insert(
                "offsetLabel".to_owned(),
                program.var(var).name.as_str().into(),
            );
        }
    }
    register(address.index, fields);
    if offset != 0 {
        fields.insert("offset".to_owned(), offset.into());
    }
    if address.inc_sp != 0 {
        fields.insert("incStack".to_owned(), address.inc_sp.into());
    }
}

fn register(index: Option<Index>, fields: &mut Fields) {
    match index {
        None => {}
        Some(Index::E) => flag(fields, "ind"),
        Some(Index::Rr) => flag(fields, "indRR"),
    }
}

fn jump(program: &Program, step: &Step, index: u32, fields: &mut Fields) {
    match step.jump {
        Jump::None => {}
        Jump::Jmp(to) => {
            flag(fields, "JMP");
            target(program, to, index, fields);
        }
        Jump::Call(to) => {
            flag(fields, "call");
            target(program, to, index, fields);
        }
        Jump::Return => flag(fields, "return"),
        Jump::Repeat => flag(fields, "repeat"),
        Jump::If(condition, to, other) => {
            let name = Condition::ALL.iter().find(|c| c.0 == condition);
            flag(fields, name.map_or("", |c| c.1));
            target(program, to, index, fields);
            let (address, label) = place(program, other, index);
            flag(fields, "useElseAddr");
            fields.insert("elseAddr".to_owned(), address.into());
            fields.insert("elseAddrLabel".to_owned(), label.into());
        }
    }
}

fn target(program: &Program, to: Goto, index: u32, fields: &mut Fields) {
    if let Goto::Indirect(base, register_) = to {
        register(Some(register_), fields);
        if let Some(base) = base {
            let address = label_address(program, base);
            fields.insert("offset".to_owned(), address.into());
            fields.insert("offsetLabel".to_owned(), program.label_name(base).into());
        }
        return;
    }
    let (address, label) = place(program, to, index);
    flag(fields, "useJmpAddr");
    fields.insert("jmpAddr".to_owned(), address.into());
    fields.insert("jmpAddrLabel".to_owned(), label.into());
}

fn label_address(program: &Program, label: Label) -> u32 {
    program.address(label).unwrap_or(0)
}

/// Address and name of a target that is not indirect.
fn place(program: &Program, to: Goto, index: u32) -> (u32, String) {
    match to {
        Goto::Label(label) => (
            label_address(program, label),
            program.label_name(label).to_owned(),
        ),
        Goto::Next | Goto::Indirect(..) => (index + 1, NEXT.to_owned()),
    }
}

fn expr(program: &Program, e: &Expr) -> Value {
    let of = |e: &Expr| expr(program, e);
    match e {
        Expr::Number(value) => json!({"op": "number", "num": value.to_string()}),
        Expr::Reg(reg) => json!({"op": "getReg", "regName": reg.name()}),
        Expr::ZkPc => json!({"op": "getReg", "regName": "zkPC"}),
        Expr::Var(name) => json!({"op": "getVar", "varName": name}),
        Expr::Declare(name) => json!({"op": "declareVar", "varName": name}),
        Expr::Set(a, b) => json!({"op": "setVar", "values": [of(a), of(b)]}),
        Expr::Unary(op, a) => {
            let name = UnaryOp::ALL.iter().find(|o| o.0 == *op).map_or("", |o| o.2);
            json!({"op": name, "values": [of(a)]})
        }
        Expr::Binary(op, a, b) => {
            let name = BinaryOp::ALL
                .iter()
                .find(|o| o.0 == *op)
                .map_or("", |o| o.2);
            json!({"op": name, "values": [of(a), of(b)]})
        }
        Expr::If(a, b, c) => json!({"op": "if", "values": [of(a), of(b), of(c)]}),
        Expr::Call(name, params) => {
            let params: Vec<Value> = params.iter().map(of).collect();
            json!({"op": "functionCall", "funcName": name, "params": params})
        }
        Expr::Mem(name, index) => memory_value(program, name, index.as_deref()),
        Expr::Addr(name, index) => {
            let offset = program.find_var(name).map_or(0, |v| program.var(v).offset);
            let mut digits = offset.to_string();
            match index.as_deref() {
                None => {}
                Some(Expr::Number(index)) => digits.push_str(&index.to_string()),
                Some(_) => digits.push('0'),
            }
            json!({"op": "number", "num": digits, "module": "addr", "offsetLabel": name})
        }
        Expr::Const(name) => {
            let value = program.find_constant(name).map(|c| c.value.to_string());
            json!({"op": "number", "num": value, "module": "const", "offsetLabel": name})
        }
    }
}

fn memory_value(program: &Program, name: &str, index: Option<&Expr>) -> Value {
    let var = program.find_var(name).map(|v| program.var(v));
    let offset = var.map_or(0, |v| v.offset);
    let use_ctx = u32::from(var.is_some_and(|v| v.scope == Scope::Ctx));
    let number = match index {
        None => Some(0),
        Some(Expr::Number(index)) => u64::try_from(index).ok(),
        Some(_) => None,
    };
    let common = json!({"module": "mem", "offsetLabel": name, "useCTX": use_ctx});
    let Value::Object(mut fields) = common else {
        return common;
    };
    match (number, index) {
        (None, Some(index)) => {
            let mut param = expr(program, index);
            if offset != 0 {
                let offset = json!({"op": "number", "num": offset.to_string()});
                param = json!({"op": "add", "values": [param, offset]});
            }
            fields.remove("offsetLabel");
            fields.insert("op".to_owned(), "getMemValueByAddress".into());
            fields.insert("params".to_owned(), json!([param]));
        }
        (number, _) => {
            fields.insert("op".to_owned(), "getMemValue".into());
            let offset = u64::from(offset) + number.unwrap_or(0);
            fields.insert("offset".to_owned(), offset.into());
        }
    }
    Value::Object(fields)
}
