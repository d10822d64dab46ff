;; Diagnostics can be JSON, one object a line.
;; RUN: zkc %s --error-format=json
;; exit: 1
(module
  (func (export "f") (result f32)
    (f32.sqrt (f32.const 2))))
