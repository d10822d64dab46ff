;; memory.grow knows its limit at compile time.
;; RUN: zkc %s --emit=mixed-ir
(module
  (memory 1 3)
  (func (export "f") (param i32) (result i32)
    (memory.grow (local.get 0))))
;; check: zk.grow %0
;; sameln: 3
