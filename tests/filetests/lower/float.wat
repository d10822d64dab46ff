;; A float instruction is a call of the routine of its name; negation changes the sign bit in place.
;; RUN: zkc %s --emit=mixed-ir --func f
(module
  (func $f (export "f") (param f64 f64) (result f64)
    (f64.neg (f64.div (local.get 0) (local.get 1))))
  (func (export "g") (param f64 f64) (result f64)
    (f64.div (local.get 0) (local.get 1))))
;; check: zk.call
;; check: iadd
