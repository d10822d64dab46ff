;; A NaN has no integer.
;; RUN: zkc run %s --invoke whole NaN
;; exit: 3
(module
  (func $whole (export "whole") (param f64) (result i32)
    (i32.trunc_f64_s (local.get 0))))
;; check: trap: invalid-conversion-to-integer
