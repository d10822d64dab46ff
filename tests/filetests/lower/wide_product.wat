;; The wide multiplication of a float routine is a pure op before the e-graph, not an effect.
;; RUN: zkc %s --emit=mixed-ir --func f
(module
  (func (export "f") (param f64 f64) (result f64)
    (f64.mul (local.get 0) (local.get 1))))
;; not: zk.mulhu64
;; check: umulhi.i64
;; not: zk.mulhu64
