;; Private input is read and public output committed through the host's functions.
;; RUN: zkc run %s --input-text abc --invoke main
(module
  (import "zkc" "input_len" (func $input_len (result i32)))
  (import "zkc" "read_input" (func $read_input (param i32 i32)))
  (import "zkc" "commit" (func $commit (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "main") (result i32)
    (call $read_input (i32.const 100) (call $input_len))
    (i32.store8 (i32.const 103) (i32.const 33))
    (call $commit (i32.const 100) (i32.const 4))
    (call $input_len)))
