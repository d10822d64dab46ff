;; A block may take operands and give several results.
;; RUN: zkc %s --emit=wasm-ir
(module
  (func (export "f") (param i32) (result i32 i32)
    local.get 0
    (block (param i32) (result i32 i32)
      i32.const 2)))
;; check: wasm.block
;; check: : i32, i32
