;; An indirect call is a checked table load and a call that checks the type.
;; RUN: zkc %s --emit=mixed-ir --func f
(module
  (type $t (func (param i32) (result i32)))
  (table funcref (elem $a $b))
  (func $a (param i32) (result i32) (i32.mul (local.get 0) (local.get 0)))
  (func $b (param i32) (result i32) (i32.sub (i32.const 9) (local.get 0)))
  (func $f (export "f") (param i32 i32) (result i32)
    (call_indirect (type $t) (local.get 0) (local.get 1))))
;; check: zk.ldt
;; check: zk.calli
