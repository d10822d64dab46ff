;; An unknown instruction is shown at its line.
;; RUN: zkc %s
(module
  (func (export "f")
    i32.frobnicate)) ;; error: unknown operator
