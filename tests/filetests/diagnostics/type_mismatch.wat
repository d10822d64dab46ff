;; A validation error names its place in the binary.
;; RUN: zkc %s
;; exit: 1
(module
  (func $f (export "f") (param i64) (result i32)
    local.get 0))
