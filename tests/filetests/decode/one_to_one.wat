;; Every instruction becomes one op of the wasm dialect, with its place in the body.
;; RUN: zkc %s --emit=wasm-ir
(module
  (func (export "f") (param i32) (result i32)
    local.get 0
    i32.const 7
    i32.shr_u))
;; check: func @f(%0: i32) -> (i32)
;; check: %1 = wasm.local.get {index = 0} : i32 @0x1
;; nextln: %2 = wasm.i32.const {value = 7} : i32 @0x3
;; nextln: %3 = wasm.i32.shr_u %1, %2 : i32 @0x5
;; nextln: wasm.end %3 @0x6
