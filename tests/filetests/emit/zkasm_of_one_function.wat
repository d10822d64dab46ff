;; A program of one entry has the code that it reaches and no other.
;; RUN: zkc %s --emit=zkasm --func small
(module
  (func (export "small") (param i64) (result i64) (i64.mul (local.get 0) (local.get 0)))
  (func (export "large") (param i64) (result i64) (i64.div_u (local.get 0) (i64.const 10))))
;; check: ENTRY small
;; not: DIVU64
;; check: MUL64
;; not: ENTRY large
