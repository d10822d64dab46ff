;; An indirect call through a table that code grows checks the current size, which is the static word before the table.
;; RUN: zkc %s --emit=mixed-ir --func f
(module
  (type $t (func (param i32) (result i32)))
  (table $t 1 8 funcref)
  (func (export "grow") (result i32) (table.grow $t (ref.null func) (i32.const 1)))
  (func $f (export "f") (param i32 i32) (result i32)
    (call_indirect $t (type $t) (local.get 0) (local.get 1))))
;; check: zk.lds {slot =
;; check: cond = ult
;; check: zk.ldt %1 {slot =
;; sameln: size = 8}
;; check: zk.calli
;; check: zk.trap {kind = undefined-element}
