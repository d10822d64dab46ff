;; Globals live in static words.
;; RUN: zkc %s --emit=mixed-ir
(module
  (global $g (mut i64) (i64.const 3))
  (func (export "f") (param i64) (result i64)
    (global.get $g)
    (global.set $g (local.get 0))))
;; not: cranelift.global
;; check: zk.lds
;; check: zk.sts
