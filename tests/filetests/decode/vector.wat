;; A v128 is two i64 values, the low half first: parameters, locals, globals, selects, results.
;; RUN: zkc %s --emit=wasm-ir
(module
  (global $g (mut v128) (v128.const i64x2 1 2))
  (func (export "f") (param v128 i32) (result v128)
    (local v128)
    (local.set 2 (i32x4.add (local.get 0) (global.get $g)))
    (global.set $g (local.get 2))
    (select (local.get 2) (local.get 0) (local.get 1))))
;; check: func @f(%0: i64, %1: i64, %2: i32) -> (i64, i64)
;; check: simd.i32x4.add
;; check: wasm.local.set
;; sameln: index = 3
;; check: wasm.local.set
;; sameln: index = 4
;; check: wasm.global.set
;; check: wasm.global.set
;; check: wasm.select
;; check: wasm.select
