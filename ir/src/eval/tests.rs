//! The evaluator: control, calls, traps, limits, memory, host functions.

use super::{EvalError, Instance, Limits, LinearMemory, PAGE_BYTES, WasmInstance, run_cranelift};
use crate::testing::{bits, bodies};
use crate::{
    Body, CRANELIFT, DataSegment, Dialect, DialectSet, ElementItem, ElementSegment, Export,
    ExportKind, Func, FuncBody, Global, GlobalInit, Import, Memory, Module, SegmentMode, Signature,
    Table, Trap, Type, WASM, parse_funcs, verify,
};
use proptest::prelude::*;

/// A module of these functions, with a memory of one page that may grow to three, a table that holds function `i` at
/// element `i` + 1, two globals, and the host functions after the others.
fn module(dialect: Dialect, text: &str) -> Module {
    let mut module = Module::default();
    let mut push = |name: &str, signature: Signature, body: FuncBody| {
        let type_index = match module.types.iter().position(|t| *t == signature) {
            Some(index) => index,
            None => {
                module.types.push(signature.clone());
                module.types.len() - 1
            }
        };
        let kind = ExportKind::Func(module.funcs.len() as u32);
        module.exports.push(Export {
            name: name.into(),
            kind,
        });
        module.funcs.push(Func {
            name: name.into(),
            type_index: type_index as u32,
            signature,
            start: 0,
            body,
        });
    };
    for func in parse_funcs(text, DialectSet(&[dialect]))
        .unwrap_or_else(|e| panic!("{e} at {:?}", e.place.line_col))
    {
        verify(&func.body).unwrap_or_else(|e| panic!("{e}"));
        push(
            &func.name,
            func.body.signature().clone(),
            FuncBody::Body(Box::new(func.body)),
        );
    }
    let i32s = |n| vec![Type::I32; n];
    for (name, params, results) in [
        ("input_len", 0, 1),
        ("read_input", 2, 0),
        ("commit", 2, 0),
        ("other", 0, 0),
    ] {
        let import = Import {
            module: "zkc".into(),
            name: name.into(),
        };
        push(
            name,
            Signature::new(i32s(params), i32s(results)),
            FuncBody::Import(import),
        );
    }
    let funcs: Vec<_> = (0..module.funcs.len() as u32)
        .map(ElementItem::Func)
        .collect();
    module.memories.push(Memory {
        min: 1,
        max: Some(3),
        import: None,
    });
    let size = 1 + funcs.len() as u64;
    module
        .tables
        .push(Table::new(Type::FuncRef, size, None, None));
    let global = |init| Global {
        name: "g".into(),
        ty: Type::I64,
        source: Type::I64,
        mutable: true,
        init,
    };
    module.globals = vec![global(GlobalInit::Const(1)), global(GlobalInit::Global(0))];
    module.elements.push(ElementSegment {
        mode: active(GlobalInit::Global(0)),
        items: funcs,
    });
    module.data.push(DataSegment {
        mode: active(GlobalInit::Const(8)),
        bytes: b"abcdefgh".to_vec(),
    });
    module
}

/// The mode of a segment for table or memory 0.
fn active(offset: GlobalInit) -> SegmentMode {
    SegmentMode::Active { target: 0, offset }
}

fn invoke(module: &Module, name: &str, args: &[u64]) -> Result<Vec<u64>, EvalError> {
    WasmInstance::new(module, b"")
        .unwrap()
        .invoke_export(name, args)
}

fn body(module: &Module, func: u32) -> Option<&Body> {
    match &module.funcs[func as usize].body {
        FuncBody::Body(body) => Some(body),
        FuncBody::Lazy(_) | FuncBody::Import(_) | FuncBody::Unsupported(_) => None,
    }
}

fn clif(module: &Module, name: &str, args: &[u64]) -> Result<Vec<u64>, EvalError> {
    let bodies = |func| body(module, func);
    let mut instance = Instance::new(module, b"input").unwrap();
    run_cranelift(
        module,
        &bodies,
        &mut instance,
        &mut Limits::default(),
        (module.exported_func(name).unwrap(), args),
    )
}

const WASM_FUNCS: &str = r"
func @fac(%0: i64) -> (i64) locals [i64] {
  ^0(%0: i64):
    %1 = wasm.i64.eqz %0 : i32
    %2 = wasm.if %1 ({
      ^1:
        %3 = wasm.i64.const {value = 1} : i64
        wasm.end %3
    }, {
      ^2:
        %4 = wasm.i64.const {value = 1} : i64
        %5 = wasm.i64.sub %0, %4 : i64
        %6 = wasm.call %5 {callee = @0} : i64
        %7 = wasm.i64.mul %0, %6 : i64
        wasm.end %7
    }) : i64
    wasm.end %2
}
;; 0 + 1 + ... + %0, by a loop with locals, a branch out of two regions and a branch back
func @sum(%0: i32) -> (i32) locals [i32, i32] {
    %zero = wasm.i32.const {value = 0} : i32
    %r = wasm.block ({
      ^b:
        wasm.loop ({
          ^l:
            %n = wasm.local.get {index = 0} : i32
            %sum = wasm.local.get {index = 1} : i32
            %end = wasm.i32.eqz %n : i32
            wasm.br_if %end, %sum {depth = 1}
            %next = wasm.i32.add %sum, %n : i32
            %tee = wasm.local.tee %next {index = 1} : i32
            %one = wasm.i32.const {value = 1} : i32
            %less = wasm.i32.sub %n, %one : i32
            wasm.local.set %less {index = 0}
            wasm.br {depth = 0}
        })
        wasm.unreachable
    }) : i32
    wasm.end %r
}
;; loop parameters: fib(%0)
func @fib(%0: i32) -> (i64) locals [i32] {
    %zero = wasm.i64.const {value = 0} : i64
    %one = wasm.i64.const {value = 1} : i64
    %r = wasm.loop %0, %zero, %one ({
      ^l(%n: i32, %a: i64, %b: i64):
        %next = wasm.i64.add %a, %b : i64
        %i = wasm.i32.const {value = 1} : i32
        %less = wasm.i32.sub %n, %i : i32
        wasm.br_if %n, %less, %b, %next {depth = 0}
        wasm.end %a
    }) : i64
    wasm.return %r
}
func @switch(%0: i32) -> (i32) locals [i32] {
    %ten = wasm.i32.const {value = 10} : i32
    %twenty = wasm.i32.const {value = 20} : i32
    %a = wasm.block ({
      ^a:
        %b = wasm.block ({
          ^b:
            wasm.br_table %0, %ten {depths = [0, 1, 2]}
        }) : i32
        %c = wasm.i32.add %b, %twenty : i32
        wasm.end %c
    }) : i32
    %d = wasm.i32.add %a, %a : i32
    wasm.end %d
}
func @indirect(%0: i32, %1: i64) -> (i64) locals [i32, i64] {
    %2 = wasm.call_indirect %0, %1 {type = 0, table = 0} : i64
    wasm.end %2
}
func @runaway() -> () {
    wasm.call {callee = @5}
    wasm.end
}
func @forever() -> () {
    wasm.loop ({
      ^l:
        wasm.br {depth = 0}
    })
    wasm.end
}
func @memory(%0: i32) -> (i32, i32, i64, i32, i32) locals [i32] {
    %1 = wasm.i32.load16_s %0 {mem = +1 align 0} : i32
    %2 = wasm.i32.load8_u %0 {mem = +0 align 0} : i32
    wasm.i32.store8 %0, %1 {mem = +0 align 0}
    %3 = wasm.i64.load %0 {mem = +0 align 0} : i64
    %4 = wasm.memory.grow %0 : i32
    %5 = wasm.memory.size : i32
    wasm.end %1, %2, %3, %4, %5
}
func @globals(%0: i64) -> (i64) locals [i64] {
    %1 = wasm.global.get {index = 1} : i64
    %2 = wasm.i64.add %0, %1 : i64
    wasm.global.set %2 {index = 1}
    wasm.end %1
}
func @echo() -> () {
    %0 = wasm.i32.const {value = 64} : i32
    %1 = wasm.call {callee = @10} : i32
    wasm.call %0, %1 {callee = @11}
    wasm.call %0, %1 {callee = @12}
    wasm.call %0, %1 {callee = @12}
    wasm.end
}
";

#[test]
fn structured_control() {
    let m = module(WASM, WASM_FUNCS);
    assert_eq!(
        invoke(&m, "fac", &[20]),
        Ok(vec![2_432_902_008_176_640_000])
    );
    assert_eq!(invoke(&m, "sum", &[100]), Ok(vec![5050]));
    assert_eq!(
        invoke(&m, "sum", &[0xffff_ffff_0000_0003]),
        Ok(vec![6]),
        "an i32 argument is cut"
    );
    assert_eq!(invoke(&m, "fib", &[50]), Ok(vec![12_586_269_025]));
    assert_eq!(
        [0, 1, 2, 3, 0xffff_ffff].map(|i| invoke(&m, "switch", &[i]).unwrap()[0]),
        [60, 20, 10, 10, 10]
    );
}

#[test]
fn traps_and_limits() {
    let m = module(WASM, WASM_FUNCS);
    let trap = |trap| Err(EvalError::Trap(trap));
    assert_eq!(invoke(&m, "indirect", &[1, 5]), Ok(vec![120]));
    assert_eq!(
        invoke(&m, "indirect", &[0, 5]),
        trap(Trap::UninitializedElement)
    );
    assert_eq!(
        invoke(&m, "indirect", &[15, 5]),
        trap(Trap::UndefinedElement)
    );
    assert_eq!(
        invoke(&m, "indirect", &[2, 5]),
        trap(Trap::IndirectCallTypeMismatch)
    );
    assert_eq!(invoke(&m, "runaway", &[]), trap(Trap::CallStackExhausted));
    assert!(matches!(invoke(&m, "fac", &[]), Err(EvalError::BadCall(_))));
    assert!(matches!(
        invoke(&m, "none", &[]),
        Err(EvalError::BadCall(_))
    ));
    assert!(matches!(
        invoke(&m, "other", &[]),
        Err(EvalError::Unsupported(_))
    ));
    let mut instance = WasmInstance::new(&m, b"").unwrap();
    instance.limits.fuel = 1000;
    assert_eq!(
        instance.invoke_export("forever", &[]),
        Err(EvalError::OutOfFuel)
    );
    let mut instance = WasmInstance::new(&m, b"").unwrap();
    let fuel = instance.limits.fuel;
    instance.invoke_export("fib", &[1]).unwrap();
    assert_eq!(fuel - instance.limits.fuel, 13);
}

#[test]
fn state() {
    let m = module(WASM, WASM_FUNCS);
    let word = u64::from_le_bytes(*b"cbcdefgh");
    assert_eq!(
        invoke(&m, "memory", &[8]),
        Ok(vec![0x6362, 0x61, word & !0xff | 0x62, 0xffff_ffff, 1])
    );
    assert_eq!(
        invoke(&m, "memory", &[2]).map(|r| r[3..].to_vec()),
        Ok(vec![1, 3])
    );
    assert_eq!(
        invoke(&m, "memory", &[65534]),
        Err(EvalError::Trap(Trap::OutOfBoundsMemoryAccess))
    );
    assert_eq!(
        invoke(&m, "memory", &[u64::MAX]),
        Err(EvalError::Trap(Trap::OutOfBoundsMemoryAccess))
    );
    let mut instance = WasmInstance::new(&m, b"hello").unwrap();
    assert_eq!(instance.invoke_export("globals", &[41]), Ok(vec![1]));
    assert_eq!(instance.invoke_export("globals", &[0]), Ok(vec![42]));
    assert_eq!(instance.invoke_export("echo", &[]), Ok(vec![]));
    assert_eq!(instance.output(), b"hellohello");
    // All input is read; asking for it again traps.
    assert_eq!(
        instance.invoke_export("echo", &[]),
        Err(EvalError::Trap(Trap::OutOfBoundsMemoryAccess))
    );
}

#[test]
fn instantiation() {
    let mut m = module(WASM, WASM_FUNCS);
    m.start = Some(9);
    assert_eq!(WasmInstance::new(&m, b"x").unwrap().output(), b"xx");
    m.data.push(DataSegment {
        mode: active(GlobalInit::Const(65536)),
        bytes: vec![],
    });
    m.data.push(DataSegment {
        mode: SegmentMode::Passive,
        bytes: vec![1; 100],
    });
    assert!(WasmInstance::new(&m, b"x").is_ok());
    m.data.push(DataSegment {
        mode: active(GlobalInit::Const(65536)),
        bytes: vec![1],
    });
    assert_eq!(
        Instance::new(&m, b""),
        Err(EvalError::Trap(Trap::OutOfBoundsMemoryAccess))
    );
    m.elements.push(ElementSegment {
        mode: active(GlobalInit::Const(15)),
        items: vec![ElementItem::Null],
    });
    assert_eq!(
        Instance::new(&m, b""),
        Err(EvalError::Trap(Trap::OutOfBoundsTableAccess))
    );
    m.globals[0].init = GlobalInit::Import(Import {
        module: "m".into(),
        name: "g".into(),
    });
    assert!(matches!(
        Instance::new(&m, b""),
        Err(EvalError::Unsupported(_))
    ));
}

#[test]
fn flat_control() {
    let m = module(
        CRANELIFT,
        "func @sum(%n: i32) -> (i32) {
         ^0(%n: i32):
           %zero = cranelift.iconst.i32 {value = 0} : i32
           cranelift.jump [^loop(%n, %zero)]
         ^loop(%i: i32, %sum: i32):
           cranelift.brif %i [^body, ^done(%sum)]
         ^body:
           %s = cranelift.iadd.i32 %sum, %i : i32
           %one = cranelift.iconst.i32 {value = 1} : i32
           %less = cranelift.isub.i32 %i, %one : i32
           cranelift.jump [^loop(%less, %s)]
         ^done(%r: i32):
           cranelift.return %r
         }
         func @swap(%a: i32, %b: i32, %n: i32) -> (i32, i32) {
           cranelift.jump [^loop(%a, %b, %n)]
         ^loop(%x: i32, %y: i32, %i: i32):
           %one = cranelift.iconst.i32 {value = 1} : i32
           %less = cranelift.isub.i32 %i, %one : i32
           cranelift.brif %i [^loop(%y, %x, %less), ^done]
         ^done:
           cranelift.return %x, %y
         }
         func @table(%a: i32) -> (i32) {
           cranelift.br_table %a [^1, ^2, ^3(%a)]
         ^1: cranelift.trap {kind = integer-overflow}
         ^2:
           %one = cranelift.iconst.i32 {value = 1} : i32
           %len = cranelift.call {callee = @3} : i32
           %r = cranelift.call_indirect %one, %len {type = 0, table = 0} : i32
           cranelift.return %r
         ^3(%r3: i32): cranelift.return %r3
         }",
    );
    assert_eq!(clif(&m, "sum", &[10]), Ok(vec![55]));
    assert_eq!(clif(&m, "swap", &[1, 2, 2]), Ok(vec![1, 2]));
    assert_eq!(clif(&m, "swap", &[1, 2, 3]), Ok(vec![2, 1]));
    assert_eq!(
        clif(&m, "table", &[0]),
        Err(EvalError::Trap(Trap::IntegerOverflow))
    );
    assert_eq!(clif(&m, "table", &[1]), Ok(vec![15]));
    assert_eq!(clif(&m, "table", &[u64::MAX]), Ok(vec![0xffff_ffff]));
}

#[test]
fn memory_is_lazy_and_bounded() {
    let mut memory = LinearMemory::new(2, None).unwrap();
    memory.set_budget(3);
    assert_eq!(memory.grow(65534), 2);
    assert_eq!(memory.grow(1), u32::MAX);
    // Zeros take no space.
    memory.fill(0, 0, memory.len()).unwrap();
    memory
        .store(PAGE_BYTES - 4, 8, 0x1122_3344_5566_7788)
        .unwrap();
    assert_eq!(memory.load(PAGE_BYTES - 2, 4), Ok(0x3344_5566));
    assert_eq!(
        memory.nonzero_words().collect::<Vec<_>>(),
        [(8191, 0x5566_7788 << 32), (8192, 0x1122_3344)]
    );
    assert_eq!(
        memory.store(PAGE_BYTES * 65536 - 7, 8, 1),
        Err(EvalError::Trap(Trap::OutOfBoundsMemoryAccess))
    );
    assert_eq!(
        memory.fill(PAGE_BYTES * 2, 1, PAGE_BYTES * 2),
        Err(EvalError::OutOfMemory)
    );
    assert_eq!(LinearMemory::new(65537, None), Err(EvalError::OutOfMemory));
    assert_eq!(
        LinearMemory::default().load(0, 1),
        Err(Trap::OutOfBoundsMemoryAccess)
    );
    let mut memory = LinearMemory::new(1, Some(3)).unwrap();
    memory.limit_pages(2);
    assert_eq!(
        (memory.grow(2), memory.grow(1), memory.grow(0)),
        (u32::MAX, 1, 2)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// `copy` is memmove, over page borders too.
    #[test]
    fn memory_copy(to in 0_u64..200_000, from in 0_u64..200_000, len in 0_u64..150_000) {
        let mut memory = LinearMemory::new(4, None).unwrap();
        let mut bytes: Vec<u8> = (0..memory.len()).map(|i| (i % 251) as u8).collect();
        memory.write(0, &bytes).unwrap();
        let fits = to.max(from) + len <= memory.len();
        prop_assert_eq!(memory.copy(to, from, len).is_ok(), fits);
        if fits {
            bytes.copy_within(from as usize..(from + len) as usize, to as usize);
        }
        let mut read = vec![0; bytes.len()];
        memory.read(0, &mut read).unwrap();
        prop_assert!(read == bytes);
    }

    /// Random verified bodies evaluate to results, a trap or the end of fuel, the same after a round trip through text.
    #[test]
    fn random_bodies_evaluate(body in bodies(CRANELIFT), args in prop::collection::vec(bits(), 8)) {
        let text = crate::print_func("f", &body);
        let again = parse_funcs(&text, DialectSet(&[CRANELIFT])).unwrap().remove(0).body;
        let args = &args[..body.signature().params.len()];
        let module = Module::default();
        let run = |body: &Body| {
            let bodies = |_| Some(body);
            let mut limits = Limits { fuel: 2000, ..Limits::default() };
            let result = run_cranelift(&module, &bodies, &mut Instance::default(), &mut limits, (0, args));
            (result, limits.fuel)
        };
        let first = run(&body);
        prop_assert!(!matches!(first.0, Err(EvalError::Malformed(_) | EvalError::Unsupported(_))), "{:?}", first);
        prop_assert_eq!(first, run(&again));
    }
}

#[test]
fn tail_calls_take_no_stack() {
    let text = "
func @even(%n: i32) -> (i32) {
  ^0(%n: i32):
    cranelift.brif %n [^1, ^2]
  ^1:
    %one = cranelift.iconst.i32 {value = 1} : i32
    %m = cranelift.isub.i32 %n, %one : i32
    cranelift.return_call %m {callee = @1}
  ^2:
    %r = cranelift.iconst.i32 {value = 44} : i32
    cranelift.return %r
}
func @odd(%n: i32) -> (i32) {
  ^0(%n: i32):
    cranelift.brif %n [^1, ^2]
  ^1:
    %one = cranelift.iconst.i32 {value = 1} : i32
    %m = cranelift.isub.i32 %n, %one : i32
    cranelift.return_call_indirect %one, %m {type = 0, table = 0}
  ^2:
    %r = cranelift.iconst.i32 {value = 99} : i32
    cranelift.return %r
}
func @caller(%n: i32) -> (i32) {
  ^0(%n: i32):
    %a = cranelift.call %n {callee = @0} : i32
    %b = cranelift.iadd.i32 %a, %n : i32
    cranelift.return %b
}
func @host() -> (i32) {
  ^0:
    cranelift.return_call {callee = @5}
}
func @null(%n: i32) -> (i32) {
  ^0(%n: i32):
    cranelift.return_call_indirect %n, %n {type = 0, table = 0}
}";
    let module = module(CRANELIFT, text);
    let bodies = |func| body(&module, func);
    let run = |name: &str, args: &[u64]| {
        let mut instance = Instance::new(&module, b"input").unwrap();
        let mut limits = Limits {
            depth: 2,
            values: 64,
            ..Limits::default()
        };
        let call = (module.exported_func(name).unwrap(), args);
        run_cranelift(&module, &bodies, &mut instance, &mut limits, call)
    };
    for n in [0, 1, 2, 99_999, 100_000] {
        let expected = if n % 2 == 0 { 44 } else { 99 };
        assert_eq!(run("even", &[n]), Ok(vec![expected]));
        assert_eq!(run("caller", &[n]), Ok(vec![expected + n]));
    }
    assert_eq!(run("host", &[]), Ok(vec![5]));
    for (element, trap) in [
        (0, Trap::UninitializedElement),
        (100, Trap::UndefinedElement),
        (4, Trap::IndirectCallTypeMismatch),
    ] {
        assert_eq!(run("null", &[element]), Err(trap.into()));
    }
}
