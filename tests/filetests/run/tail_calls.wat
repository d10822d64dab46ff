;; Tail calls, direct and through a table, take no stack: the runs are far longer than the stack is deep.
;; RUN: zkc run %s --invoke even 600000
;; RUN: zkc run %s --invoke even 600001
;; RUN: zkc run %s -O0 --invoke even 600000
;; RUN: zkc run %s --invoke reversed 1 2 3
;; RUN: zkc run %s -O0 --invoke reversed 1 2 3
;; RUN: zkc prove %s --security test --invoke even 5
;; check: 44
;; nextln: 99
;; nextln: 44
;; nextln: 3
;; nextln: 2
;; nextln: 1
;; nextln: 3
;; nextln: 2
;; nextln: 1
;; check: 99
(module
  (type $test (func (param i32) (result i32)))
  (table funcref (elem $even $odd))
  (func $even (export "even") (type $test)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 44))))
    (return_call $odd (i32.sub (local.get 0) (i32.const 1))))
  (func $odd (type $test)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 99))))
    (return_call_indirect (type $test) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))
  ;; Arguments that change places, to a function with more parameters than this one.
  (func (export "reversed") (param i32 i32 i32) (result i32 i32 i32)
    (return_call $same (local.get 2) (local.get 1) (local.get 0) (i64.const 7)))
  (func $same (param i32 i32 i32 i64) (result i32 i32 i32)
    (local.get 0) (local.get 1) (local.get 2)))
