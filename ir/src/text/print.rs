//! The printer.
//!
//! It prints broken bodies too (the verifier shows them): a name that nothing defines is printed with a `?`.

use crate::attr::Attr;
use crate::body::{Body, OpData};
use crate::canonical::Numbering;
use crate::entities::{Block, Op, Value};
use crate::types::Type;
use crate::walk::Step;
use std::fmt::{self, Write};

/// Levels of nesting beyond which lines are not indented further, which keeps the text linear in the body.
const MAX_INDENT: usize = 24;

/// A function as text, ending in a line break.
pub fn print_func(name: &str, body: &Body) -> String {
    let mut printer = Printer {
        body,
        numbering: Numbering::new(body),
        out: String::new(),
    };
    printer.func(name).expect("writing to a string succeeds");
    printer.out
}

/// A function without a name of its own: [`print_func`] with the name `_`.
pub fn print_body(body: &Body) -> String {
    print_func("_", body)
}

/// One op as text, on one line and without what its regions hold, for messages.
pub fn print_op(body: &Body, op: Op) -> String {
    let mut printer = Printer {
        body,
        numbering: Numbering::new(body),
        out: String::new(),
    };
    let data = body.op(op);
    printer.op_head(data).expect("writing to a string succeeds");
    if !data.regions.is_empty() {
        printer.out.push_str(" (...)");
    }
    printer.op_tail(data).expect("writing to a string succeeds");
    printer.out.truncate(printer.out.trim_end().len());
    printer.out
}

/// The name that a value has in the text of its body.
pub fn print_value(body: &Body, value: Value) -> String {
    let mut printer = Printer {
        body,
        numbering: Numbering::new(body),
        out: String::new(),
    };
    printer.value(value).expect("writing to a string succeeds");
    printer.out
}

/// The name that a block has in the text of its body.
pub fn print_block(body: &Body, block: Block) -> String {
    let mut printer = Printer {
        body,
        numbering: Numbering::new(body),
        out: String::new(),
    };
    printer.block(block).expect("writing to a string succeeds");
    printer.out
}

struct Printer<'a> {
    body: &'a Body,
    numbering: Numbering,
    out: String,
}

impl Printer<'_> {
    fn func(&mut self, name: &str) -> fmt::Result {
        let body = self.body;
        let signature = body.signature();
        self.out.push_str("func @");
        if is_plain_name(name) {
            self.out.push_str(name);
        } else {
            quoted(&mut self.out, name)?;
        }
        let entry = body.region(body.root()).first();
        let params: &[Value] = entry.map_or(&[], |&b| &body.block(b).params);
        let named = params.len() == signature.params.len();
        self.out.push('(');
        for (i, &ty) in signature.params.iter().enumerate() {
            self.comma(i);
            if named {
                self.value(params[i])?;
                self.out.push_str(": ");
            }
            self.out.push_str(ty.name());
        }
        self.out.push_str(") -> (");
        self.types(&signature.results);
        self.out.push(')');
        if !body.locals().is_empty() {
            self.out.push_str(" locals [");
            self.types(body.locals());
            self.out.push(']');
        }
        self.out.push_str(" {\n");
        self.region()?;
        self.out.push_str("}\n");
        Ok(())
    }

    fn region(&mut self) -> fmt::Result {
        let body = self.body;
        let mut depth = 0;
        for step in body.walk() {
            match step {
                Step::Block(block) => {
                    self.indent(4 * depth + 2);
                    self.block(block)?;
                    self.typed_params(&body.block(block).params)?;
                    self.out.push_str(":\n");
                }
                Step::Op(op) => {
                    let data = body.op(op);
                    self.indent(4 * depth + 4);
                    self.op_head(data)?;
                    if data.regions.is_empty() {
                        self.op_tail(data)?;
                    }
                }
                Step::EnterRegion(_, index) => {
                    self.out
                        .push_str(if index == 0 { " ({\n" } else { ", {\n" });
                    depth += 1;
                }
                Step::ExitRegion(..) => {
                    depth -= 1;
                    self.indent(4 * depth + 4);
                    self.out.push('}');
                }
                Step::OpEnd(op) => {
                    self.out.push(')');
                    self.op_tail(body.op(op))?;
                }
            }
        }
        Ok(())
    }

    /// Everything up to the regions.
    fn op_head(&mut self, data: &OpData) -> fmt::Result {
        self.values(&data.results)?;
        if !data.results.is_empty() {
            self.out.push_str(" = ");
        }
        write!(self.out, "{}", data.opcode)?;
        if !data.args.is_empty() {
            self.out.push(' ');
            self.values(&data.args)?;
        }
        if !data.attrs.is_empty() {
            self.out.push_str(" {");
            for (i, attr) in data.attrs.iter().enumerate() {
                self.comma(i);
                let name = data.opcode.def().attrs.get(i).map_or("?", |row| row.0);
                write!(self.out, "{name} = ")?;
                self.attr(attr)?;
            }
            self.out.push('}');
        }
        if !data.successors.is_empty() {
            self.out.push_str(" [");
            for (i, successor) in data.successors.iter().enumerate() {
                self.comma(i);
                self.block(successor.block)?;
                if !successor.args.is_empty() {
                    self.out.push('(');
                    self.values(&successor.args)?;
                    self.out.push(')');
                }
            }
            self.out.push(']');
        }
        Ok(())
    }

    fn op_tail(&mut self, data: &OpData) -> fmt::Result {
        if !data.results.is_empty() {
            self.out.push_str(" : ");
            for (i, &value) in data.results.iter().enumerate() {
                self.comma(i);
                self.out.push_str(self.body.ty(value).name());
            }
        }
        if let Some(offset) = data.loc.offset() {
            write!(self.out, " @{offset:#x}")?;
        }
        self.out.push('\n');
        Ok(())
    }

    fn attr(&mut self, attr: &Attr) -> fmt::Result {
        match attr {
            Attr::Int(v) => write!(self.out, "{v}"),
            Attr::Index(v) => write!(self.out, "{v}"),
            Attr::Func(v) => write!(self.out, "@{v}"),
            Attr::Symbol(text) => quoted(&mut self.out, text),
            Attr::Cond(cond) => write!(self.out, "{cond}"),
            Attr::Mem { offset, align } => write!(self.out, "+{offset} align {align}"),
            Attr::Types(types) => {
                self.out.push('[');
                self.types(types);
                self.out.push(']');
                Ok(())
            }
            Attr::Indices(indices) => {
                self.out.push('[');
                for (i, index) in indices.iter().enumerate() {
                    self.comma(i);
                    write!(self.out, "{index}")?;
                }
                self.out.push(']');
                Ok(())
            }
            Attr::Trap(trap) => write!(self.out, "{trap}"),
        }
    }

    fn typed_params(&mut self, params: &[Value]) -> fmt::Result {
        if params.is_empty() {
            return Ok(());
        }
        self.out.push('(');
        for (i, &param) in params.iter().enumerate() {
            self.comma(i);
            self.value(param)?;
            write!(self.out, ": {}", self.body.ty(param))?;
        }
        self.out.push(')');
        Ok(())
    }

    fn types(&mut self, types: &[Type]) {
        for (i, ty) in types.iter().enumerate() {
            self.comma(i);
            self.out.push_str(ty.name());
        }
    }

    fn values(&mut self, values: &[Value]) -> fmt::Result {
        for (i, &value) in values.iter().enumerate() {
            self.comma(i);
            self.value(value)?;
        }
        Ok(())
    }

    fn value(&mut self, value: Value) -> fmt::Result {
        match self.numbering.values[value] {
            Some(number) => write!(self.out, "%{number}"),
            None => write!(self.out, "%?{}", value.as_u32()),
        }
    }

    fn block(&mut self, block: Block) -> fmt::Result {
        match self.numbering.blocks[block] {
            Some(number) => write!(self.out, "^{number}"),
            None => write!(self.out, "^?{}", block.as_u32()),
        }
    }

    fn comma(&mut self, index: usize) {
        if index > 0 {
            self.out.push_str(", ");
        }
    }

    fn indent(&mut self, columns: usize) {
        let columns = columns.min(4 * MAX_INDENT);
        self.out.extend(std::iter::repeat_n(' ', columns));
    }
}

/// Whether a function name stands in the text without quotes.
pub(super) fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(is_name_char)
}

/// Characters of names without quotes.
pub(super) fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$')
}

fn quoted(out: &mut String, text: &str) -> fmt::Result {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => write!(out, "\\u{{{:x}}}", u32::from(c))?,
            c => out.push(c),
        }
    }
    out.push('"');
    Ok(())
}
