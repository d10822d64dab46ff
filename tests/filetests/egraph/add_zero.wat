;; Adding zero is nothing.
;; RUN: zkc %s --emit=zk-ir
(module
  (func (export "f") (param i64) (result i64)
    (i64.add (i64.const 0) (i64.add (local.get 0) (i64.const 0)))))
;; not: zk.add64
;; check: zk.ret %0
