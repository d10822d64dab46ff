;; CLIF comes back as the cranelift dialect, a flat graph of blocks without locals.
;; RUN: zkc %s --emit=cranelift-ir -O0
(module
  (func (export "f") (param i32 i32) (result i32)
    (local i32)
    (local.set 2 (i32.mul (local.get 0) (local.get 1)))
    (if (local.get 2) (then (local.set 2 (i32.const 5))))
    (local.get 2)))
;; not: wasm.
;; check: cranelift.imul.i32 %0, %1
;; check: cranelift.brif
;; check: cranelift.return
