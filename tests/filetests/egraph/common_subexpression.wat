;; An expression that stands twice is computed once.
;; RUN: zkc %s --emit=zk-ir
(module
  (func (export "f") (param i32 i32) (result i32)
    (i32.sub
      (i32.rotl (i32.mul (local.get 0) (local.get 1)) (i32.const 3))
      (i32.mul (local.get 1) (local.get 0)))))
;; check: zk.mul32
;; not: zk.mul32
;; check: zk.rotl32_imm
;; check: zk.sub32
