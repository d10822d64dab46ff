;; A whole program as zkASM text: entry point, function, initial words.
;; RUN: zkc %s
(module
  (memory 1)
  (global $count (mut i32) (i32.const 5))
  (func $double (param i32) (result i32)
    (i32.load (i32.shl (local.get 0) (i32.const 2))))
  (func (export "main") (param i32) (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (loop (br_if 0 (local.tee 0 (call $double (local.get 0)))))
    (i32.add (global.get $count) (local.get 0)))
  (data (i32.const 8) "\01\00\00\00\00\00\00\00"))
