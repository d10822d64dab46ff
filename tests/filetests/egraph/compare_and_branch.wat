;; A comparison that only a branch uses becomes part of the branch.
;; RUN: zkc %s --emit=zk-ir
(module
  (func (export "f") (param i32 i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (local.get 1))
      (then (i32.mul (local.get 0) (i32.const 77)))
      (else (i32.mul (local.get 1) (i32.const 99))))))
;; not: zk.ltu32
;; check: zk.br_$(cond=\w+) %0, %1
