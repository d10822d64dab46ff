//! Module-level sections: types, imports, tables, memories, globals, exports, segments, names.

use super::refusal::{malformed, refusal};
use super::{unsupported, value_type};
use std::collections::BTreeSet;
use std::ops::Range;
use wasmparser::{
    CompositeInnerType, ConstExpr, DataKind, ElementItems, ElementKind, Error, ExternalKind,
    FunctionBody, KnownCustom, Name, Operator, Parser, Payload, TypeRef, Validator, WasmFeatures,
};
use zkc_ir::{
    DataSegment, Diagnostic, ElementItem, ElementSegment, Export, ExportKind, Func, FuncBody,
    Global, GlobalInit, Import, InitOp, Memory, Module, SegmentMode, Signature, Table, Type,
    WasmOp,
};

/// Everything of a module but its code.
///
/// Equal for two files that differ in function bodies only, except for [`ModuleItems::bodies`] and what code does to tables:
/// [`Table::written`], [`Table::resized`], [`Module::referenced`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModuleItems {
    /// The module. Functions with code hold [`FuncBody::Unsupported`] of code `not-decoded`, and start 0.
    pub module: Module,
    /// Index in [`Module::globals`] of each of the file's globals: a `v128` global is two there, the low half first.
    pub globals: Vec<u32>,
    /// Byte ranges of the bodies in the file, one per function with code, in order.
    pub bodies: Vec<Range<usize>>,
}

/// WebAssembly 2.0, the later proposals that zkc has, and what is better refused per function, as unsupported, than for the
/// whole module.
pub(super) const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::RELAXED_SIMD)
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::THREADS);

/// A WebAssembly by its version.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Version {
    /// WebAssembly 2.0, without what came later.
    V2,
    /// All that zkc has.
    #[default]
    Latest,
}

/// Validates a module, code included, as a version of WebAssembly has it.
///
/// Errors: as for [`super::decode`].
pub fn validate(bytes: &[u8], version: Version) -> Result<(), Diagnostic> {
    let features = match version {
        Version::V2 => WasmFeatures::WASM2,
        Version::Latest => FEATURES,
    };
    match Validator::new_with_features(features).validate_all(bytes) {
        Ok(_) => Ok(()),
        Err(error) => Err(refusal(bytes, &error)),
    }
}

/// Validates a module, code included, and reads its items.
///
/// Errors: as for [`super::decode`].
pub fn decode_items(bytes: &[u8]) -> Result<ModuleItems, Diagnostic> {
    validate(bytes, Version::Latest)?;
    let mut reader = Reader::default();
    let mut parser = Parser::new(0);
    parser.set_features(FEATURES);
    for payload in parser.parse_all(bytes) {
        let payload = payload.map_err(|e| malformed(&e))?;
        reader.section(payload)?;
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    module: Module,
    globals: Vec<u32>,
    bodies: Vec<Range<usize>>,
    /// Functions that code names by `ref.func`.
    referenced: BTreeSet<u32>,
    func_names: Vec<(u32, String)>,
    global_names: Vec<(u32, String)>,
}

impl Reader {
    fn section(&mut self, payload: Payload<'_>) -> Result<(), Diagnostic> {
        let bad = |e: Error| malformed(&e);
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    for (offset, ty) in group.map_err(bad)?.into_types_and_offsets() {
                        let signature = match &ty.composite_type.inner {
                            CompositeInnerType::Func(func) => signature(func),
                            _ => None,
                        };
                        let signature = signature.ok_or_else(|| {
                            unsupported("a type other than WebAssembly 2.0's", offset)
                        })?;
                        self.module.types.push(signature);
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports_with_offsets() {
                    let (offset, import) = import.map_err(bad)?;
                    self.import(&import, offset)?;
                }
            }
            Payload::FunctionSection(section) => {
                for type_index in section {
                    let not_decoded =
                        Diagnostic::error("not-decoded", "this function's code was not decoded");
                    self.func(
                        type_index.map_err(bad)?,
                        FuncBody::Unsupported(Box::new(not_decoded)),
                    );
                }
            }
            Payload::TableSection(section) => {
                for table in section.into_iter_with_offsets() {
                    let (offset, table) = table.map_err(bad)?;
                    let table = table_of(&table.ty, None, offset)?;
                    self.module.tables.push(table);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section.into_iter_with_offsets() {
                    let (offset, memory) = memory.map_err(bad)?;
                    self.memory(&memory, None, offset)?;
                }
            }
            Payload::TagSection(section) => {
                return Err(unsupported("a tag section", section.range().start));
            }
            Payload::GlobalSection(section) => {
                for global in section.into_iter_with_offsets() {
                    let (offset, global) = global.map_err(bad)?;
                    let inits = self.global_init(&global)?;
                    self.global(&global.ty, inits, offset)?;
                }
            }
            Payload::ExportSection(section) => {
                for export in section.into_iter_with_offsets() {
                    let (offset, export) = export.map_err(bad)?;
                    let kind = match export.kind {
                        ExternalKind::Func | ExternalKind::FuncExact => {
                            ExportKind::Func(export.index)
                        }
                        ExternalKind::Global => ExportKind::Global(self.flat_global(export.index)),
                        ExternalKind::Table => ExportKind::Table(export.index),
                        ExternalKind::Memory => ExportKind::Memory(export.index),
                        ExternalKind::Tag => return Err(unsupported("an exported tag", offset)),
                    };
                    self.module.exports.push(Export {
                        name: export.name.to_owned(),
                        kind,
                    });
                }
            }
            Payload::StartSection { func, .. } => self.module.start = Some(func),
            Payload::ElementSection(section) => {
                for element in section {
                    let element = element.map_err(bad)?;
                    self.element(&element)?;
                }
            }
            Payload::DataSection(section) => {
                for data in section {
                    let data = data.map_err(bad)?;
                    let mode = match &data.kind {
                        DataKind::Passive => SegmentMode::Passive,
                        DataKind::Active {
                            memory_index,
                            offset_expr,
                        } => SegmentMode::Active {
                            target: *memory_index,
                            offset: self.const_expr(offset_expr)?,
                        },
                    };
                    self.module.data.push(DataSegment {
                        mode,
                        bytes: data.data.to_vec(),
                    });
                }
            }
            Payload::CodeSectionEntry(body) => {
                self.uses(&body).map_err(bad)?;
                let range = body.range();
                self.bodies.push(range.start as usize..range.end as usize);
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(names) = section.as_known() {
                    self.names(names);
                }
            }
            // Nothing to keep; unknown sections did not pass validation.
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, import: &wasmparser::Import<'_>, offset: u64) -> Result<(), Diagnostic> {
        let name = Import {
            module: import.module.to_owned(),
            name: import.name.to_owned(),
        };
        match &import.ty {
            TypeRef::Func(type_index) | TypeRef::FuncExact(type_index) => {
                self.func(*type_index, FuncBody::Import(name));
            }
            TypeRef::Table(ty) => {
                let table = table_of(ty, Some(name), offset)?;
                self.module.tables.push(table);
            }
            TypeRef::Memory(ty) => self.memory(ty, Some(name), offset)?,
            TypeRef::Global(ty) => {
                let init = GlobalInit::Import(name);
                self.global(ty, [init.clone(), init], offset)?;
            }
            TypeRef::Tag(_) => return Err(unsupported("an imported tag", offset)),
        }
        Ok(())
    }

    fn func(&mut self, type_index: u32, body: FuncBody) {
        // Validation has checked the index; types are read before functions.
        let signature = self
            .module
            .types
            .get(type_index as usize)
            .cloned()
            .unwrap_or_default();
        self.module.funcs.push(Func {
            name: String::new(),
            type_index,
            signature,
            start: 0,
            body,
        });
    }

    /// Adds a global, whose halves start with `inits` if it is a `v128`; another type takes the first.
    fn global(
        &mut self,
        ty: &wasmparser::GlobalType,
        inits: [GlobalInit; 2],
        offset: u64,
    ) -> Result<(), Diagnostic> {
        let ty_name = ty.content_type;
        let mutable = ty.mutable;
        let source = value_type(ty.content_type);
        let source = source
            .ok_or_else(|| unsupported(format_args!("a global of type `{ty_name}`"), offset))?;
        self.globals.push(self.module.globals.len() as u32);
        for (&ty, init) in source.flat().iter().zip(inits) {
            self.module.globals.push(Global {
                name: String::new(),
                ty,
                source,
                mutable,
                init,
            });
        }
        Ok(())
    }

    /// The initial values of a global's halves, the same twice if it is no `v128`.
    fn global_init(&self, global: &wasmparser::Global<'_>) -> Result<[GlobalInit; 2], Diagnostic> {
        if global.ty.content_type != wasmparser::ValType::V128 {
            let init = self.const_expr(&global.init_expr)?;
            return Ok([init.clone(), init]);
        }
        let op = global.init_expr.get_operators_reader().read();
        match op.map_err(|e| malformed(&e))? {
            Operator::V128Const { value } => {
                let bits = value.i128() as u128;
                Ok([bits as u64, (bits >> 64) as u64].map(GlobalInit::Const))
            }
            // Validated, so `global.get` is all that is left.
            _ => match self.const_expr(&global.init_expr)? {
                GlobalInit::Global(low) => Ok([low, low + 1].map(GlobalInit::Global)),
                init => Ok([init.clone(), init]),
            },
        }
    }

    /// A constant expression.
    fn const_expr(&self, expr: &ConstExpr<'_>) -> Result<GlobalInit, Diagnostic> {
        let mut ops = expr.get_operators_reader();
        let mut numbers = Vec::new();
        let mut reference = None;
        loop {
            let offset = ops.original_position();
            numbers.push(match ops.read().map_err(|e| malformed(&e))? {
                Operator::End => break,
                // Validation has checked that a reference is the whole expression.
                Operator::RefFunc { function_index } => {
                    reference = Some(GlobalInit::RefFunc(function_index));
                    continue;
                }
                Operator::RefNull { .. } => {
                    reference = Some(GlobalInit::RefNull);
                    continue;
                }
                Operator::I32Const { value } => InitOp::Const(u64::from(value as u32)),
                Operator::I64Const { value } => InitOp::Const(value as u64),
                Operator::F32Const { value } => InitOp::Const(value.bits().into()),
                Operator::F64Const { value } => InitOp::Const(value.bits()),
                Operator::GlobalGet { global_index } => {
                    InitOp::Global(self.flat_global(global_index))
                }
                Operator::I32Add => InitOp::Op(WasmOp::I32Add),
                Operator::I32Sub => InitOp::Op(WasmOp::I32Sub),
                Operator::I32Mul => InitOp::Op(WasmOp::I32Mul),
                Operator::I64Add => InitOp::Op(WasmOp::I64Add),
                Operator::I64Sub => InitOp::Op(WasmOp::I64Sub),
                Operator::I64Mul => InitOp::Op(WasmOp::I64Mul),
                _ => return Err(unsupported("this constant expression", offset)),
            });
        }
        Ok(match (reference, numbers.as_slice()) {
            (Some(reference), _) => reference,
            (None, [InitOp::Const(bits)]) => GlobalInit::Const(*bits),
            (None, [InitOp::Global(index)]) => GlobalInit::Global(*index),
            (None, _) => GlobalInit::Expr(numbers),
        })
    }

    /// Index in the module of one of the file's globals; past the end if it has none of this index.
    fn flat_global(&self, index: u32) -> u32 {
        let end = self.module.globals.len() as u32;
        self.globals.get(index as usize).copied().unwrap_or(end)
    }

    fn memory(
        &mut self,
        ty: &wasmparser::MemoryType,
        import: Option<Import>,
        offset: u64,
    ) -> Result<(), Diagnostic> {
        if ty.shared {
            return Err(unsupported("a shared memory (proposal `threads`)", offset));
        }
        if ty.memory64 || ty.page_size_log2.is_some() {
            return Err(unsupported(
                "a memory that is 64-bit or of another page size",
                offset,
            ));
        }
        self.module.memories.push(Memory {
            min: ty.initial,
            max: ty.maximum,
            import,
        });
        Ok(())
    }

    /// Notes what a body does to tables and which functions it refers to.
    fn uses(&mut self, body: &FunctionBody<'_>) -> wasmparser::Result<()> {
        // First bytes of `table.set`, `ref.func` and the bulk instructions: few bodies have any of them.
        if !body
            .as_bytes()
            .iter()
            .any(|b| matches!(b, 0x26 | 0xd2 | 0xfc))
        {
            return Ok(());
        }
        let mut ops = body.get_operators_reader()?;
        while !ops.eof() {
            let (table, resized) = match ops.read()? {
                Operator::RefFunc { function_index } => {
                    self.referenced.insert(function_index);
                    continue;
                }
                Operator::TableSet { table }
                | Operator::TableFill { table }
                | Operator::TableInit { table, .. }
                | Operator::TableCopy {
                    dst_table: table, ..
                } => (table, false),
                Operator::TableGrow { table } => (table, true),
                _ => continue,
            };
            // Validation has checked the index.
            if let Some(table) = self.module.tables.get_mut(table as usize) {
                table.written = true;
                table.resized |= resized;
            }
        }
        Ok(())
    }

    fn element(&mut self, element: &wasmparser::Element<'_>) -> Result<(), Diagnostic> {
        let mode = match &element.kind {
            ElementKind::Passive => SegmentMode::Passive,
            ElementKind::Declared => SegmentMode::Declared,
            ElementKind::Active {
                table_index,
                offset_expr,
            } => SegmentMode::Active {
                target: table_index.unwrap_or(0),
                offset: self.const_expr(offset_expr)?,
            },
        };
        let mut items = Vec::new();
        match element.items.clone() {
            ElementItems::Functions(section) => {
                for func in section {
                    items.push(ElementItem::Func(func.map_err(|e| malformed(&e))?));
                }
            }
            ElementItems::Expressions(_, section) => {
                for expr in section {
                    let expr = expr.map_err(|e| malformed(&e))?;
                    items.push(match self.const_expr(&expr)? {
                        GlobalInit::RefFunc(func) => ElementItem::Func(func),
                        GlobalInit::RefNull => ElementItem::Null,
                        GlobalInit::Global(global) => ElementItem::Global(global),
                        GlobalInit::Import(_) | GlobalInit::Const(_) | GlobalInit::Expr(_) => {
                            let offset = expr.get_binary_reader().original_position();
                            return Err(unsupported("an element that is no reference", offset));
                        }
                    });
                }
            }
        }
        self.module.elements.push(ElementSegment { mode, items });
        Ok(())
    }

    /// Reads the name section as far as it is well-formed; a custom section cannot make a module invalid.
    fn names(&mut self, section: wasmparser::NameSectionReader<'_>) {
        for name in section {
            let Ok(name) = name else { return };
            match name {
                Name::Module { name, .. } => self.module.name = Some(name.to_owned()),
                Name::Function(map) => {
                    self.func_names.extend(
                        map.into_iter()
                            .map_while(Result::ok)
                            .map(|n| (n.index, n.name.to_owned())),
                    );
                }
                Name::Global(map) => {
                    self.global_names.extend(
                        map.into_iter()
                            .map_while(Result::ok)
                            .map(|n| (n.index, n.name.to_owned())),
                    );
                }
                _ => {}
            }
        }
    }

    fn finish(mut self) -> Result<ModuleItems, Diagnostic> {
        let Module {
            funcs,
            globals,
            exports,
            ..
        } = &mut self.module;
        let known = |name: &str| !name.is_empty();
        for (index, name) in self.func_names.into_iter().filter(|(_, name)| known(name)) {
            if let Some(func) = funcs.get_mut(index as usize) {
                func.name = name;
            }
        }
        for (index, name) in self
            .global_names
            .into_iter()
            .filter(|(_, name)| known(name))
        {
            let first = self.globals.get(index as usize).copied();
            if let Some(global) = first.and_then(|first| globals.get_mut(first as usize)) {
                global.name = name;
            }
        }
        for export in exports.iter().filter(|e| known(&e.name)) {
            let slot = match export.kind {
                ExportKind::Func(index) => funcs.get_mut(index as usize).map(|f| &mut f.name),
                ExportKind::Global(index) => globals.get_mut(index as usize).map(|g| &mut g.name),
                ExportKind::Table(_) | ExportKind::Memory(_) => None,
            };
            if let Some(slot) = slot.filter(|slot| slot.is_empty()) {
                slot.clone_from(&export.name);
            }
        }
        for (i, func) in funcs
            .iter_mut()
            .enumerate()
            .filter(|(_, f)| f.name.is_empty())
        {
            func.name = match &func.body {
                FuncBody::Import(import) if known(&import.name) => import.name.clone(),
                FuncBody::Import(_)
                | FuncBody::Body(_)
                | FuncBody::Lazy(_)
                | FuncBody::Unsupported(_) => format!("f{i}"),
            };
        }
        for (i, global) in globals
            .iter_mut()
            .enumerate()
            .filter(|(_, g)| g.name.is_empty())
        {
            global.name = format!("g{i}");
        }
        self.module.referenced = self.referenced.into_iter().collect();
        Ok(ModuleItems {
            module: self.module,
            globals: self.globals,
            bodies: self.bodies,
        })
    }
}

fn signature(func: &wasmparser::FuncType) -> Option<Signature> {
    let list = |types: &[wasmparser::ValType]| {
        types
            .iter()
            .map(|&ty| value_type(ty))
            .collect::<Option<Vec<Type>>>()
    };
    Some(Signature {
        params: list(func.params())?,
        results: list(func.results())?,
    })
}

fn table_of(
    ty: &wasmparser::TableType,
    import: Option<Import>,
    offset: u64,
) -> Result<Table, Diagnostic> {
    let element = value_type(wasmparser::ValType::Ref(ty.element_type));
    match element {
        Some(element) if !ty.table64 && !ty.shared => {
            Ok(Table::new(element, ty.initial, ty.maximum, import))
        }
        _ => Err(unsupported(
            "a table of anything but `funcref` or `externref` with 32-bit indices",
            offset,
        )),
    }
}
