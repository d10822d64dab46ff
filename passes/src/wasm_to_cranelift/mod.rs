//! The wasm dialect to CLIF. Cranelift's frontend makes SSA values of the locals.
//!
//! Floats are their bits: `f32` is CLIF's `i32`, `f64` its `i64`. The memory is CLIF's address space: an access is at the
//! zero-extended 32-bit address plus the constant offset.

mod control;
mod ops;
pub(crate) mod simd;

use crate::clif::{External, frontend_config, internal, remove_constant_params, verify};
use control::Frame;
use cranelift_codegen::ir::{
    self as clif, AbiParam, ExtFuncData, ExternalName, FuncRef, InstBuilder, UserFuncName,
};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};
use std::collections::BTreeMap;
use zkc_ir::{Body, Diagnostic, Module, SecondaryMap, Signature, Type, Value};

/// Translates the body of function `index` of `module` to CLIF that passes CLIF's verifier.
///
/// Of the module only function, type and global signatures and the values of immutable globals are read. Errors: `internal` for a broken invariant.
pub fn wasm_to_clif(
    module: &Module,
    index: u32,
    body: &Body,
) -> Result<clif::Function, Diagnostic> {
    let signature = clif_signature(body.signature());
    let mut func = clif::Function::with_name_signature(UserFuncName::user(0, index), signature);
    let mut context = FunctionBuilderContext::new();
    let mut translator = Translator {
        module,
        index,
        body,
        builder: FunctionBuilder::new(&mut func, &mut context),
        values: SecondaryMap::new(),
        locals: Vec::new(),
        callees: BTreeMap::new(),
        frames: Vec::new(),
        exit: None,
    };
    translator.run()?;
    translator.builder.finalize(frontend_config()?);
    verify(&func)?;
    remove_constant_params(func)
}

pub(crate) fn clif_type(ty: Type) -> clif::Type {
    match ty {
        Type::I32 | Type::F32 => clif::types::I32,
        Type::I64 | Type::F64 | Type::FuncRef | Type::ExternRef | Type::Word => clif::types::I64,
        Type::V128 => clif::types::I128,
    }
}

fn clif_signature(signature: &Signature) -> clif::Signature {
    let list = |types: &[Type]| {
        types
            .iter()
            .map(|&ty| AbiParam::new(clif_type(ty)))
            .collect::<Vec<_>>()
    };
    clif::Signature {
        params: list(&signature.params),
        returns: list(&signature.results),
        call_conv: CallConv::Tail,
    }
}

/// State of one translation.
struct Translator<'a> {
    module: &'a Module,
    /// Index of the function being translated.
    index: u32,
    body: &'a Body,
    builder: FunctionBuilder<'a>,
    values: SecondaryMap<Value, Option<clif::Value>>,
    locals: Vec<Variable>,
    callees: BTreeMap<External, FuncRef>,
    frames: Vec<Frame>,
    /// A block that returns its parameters, for conditional branches to the function's label.
    exit: Option<clif::Block>,
}

impl Translator<'_> {
    fn run(&mut self) -> Result<(), Diagnostic> {
        let entry = self.builder.create_block();
        self.builder.append_block_params_for_function_params(entry);
        self.builder.switch_to_block(entry);
        self.builder.seal_block(entry);
        let mut zeros = BTreeMap::new();
        for (i, &ty) in self.body.locals().iter().enumerate() {
            let ty = clif_type(ty);
            let local = self.builder.declare_var(ty);
            self.locals.push(local);
            let value = match self.builder.block_params(entry).get(i) {
                Some(&param) => param,
                None => *zeros
                    .entry(ty.bits())
                    .or_insert_with(|| self.builder.ins().iconst(ty, 0)),
            };
            self.builder.def_var(local, value);
        }
        let params = self.builder.block_params(entry).to_vec();
        for (&param, value) in self.body.block(self.body.entry()).params.iter().zip(params) {
            self.values[param] = Some(value);
        }
        self.function()?;
        if let Some(exit) = self.exit {
            self.builder.switch_to_block(exit);
            self.builder.seal_block(exit);
            let params = self.builder.block_params(exit).to_vec();
            self.builder.ins().return_(&params);
        }
        Ok(())
    }

    fn value(&self, value: Value) -> Result<clif::Value, Diagnostic> {
        self.values[value].ok_or_else(|| internal(format!("{value} is used before it is defined")))
    }

    fn values(&self, values: &[Value]) -> Result<Vec<clif::Value>, Diagnostic> {
        values.iter().map(|&v| self.value(v)).collect()
    }

    fn callee(&mut self, external: External, signature: &Signature) -> FuncRef {
        if let Some(&callee) = self.callees.get(&external) {
            return callee;
        }
        let signature = self.builder.import_signature(clif_signature(signature));
        let name = self
            .builder
            .func
            .declare_imported_user_function(external.to_name());
        let callee = self.builder.import_function(ExtFuncData {
            name: ExternalName::user(name),
            signature,
            colocated: false,
            patchable: false,
        });
        self.callees.insert(external, callee);
        callee
    }
}
