;; Diagnostics can be JSON, one object a line.
;; RUN: zkc %s --error-format=json
;; exit: 1
(module
  (memory 1)
  (func (export "f") (result i32)
    (i32.atomic.load (i32.const 2))))
