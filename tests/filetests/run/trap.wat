;; A trap ends the run with exit code 3, its kind and its place.
;; RUN: zkc run %s --invoke f 3
;; exit: 3
(module
  (table 2 funcref)
  (func $f (export "f") (param i32)
    (call_indirect (local.get 0))))
;; check: trap: undefined-element
