;; Every form of a value with what it costs, the chosen one first, and the rules that led to it.
;; RUN: zkc %s --emit=choices
(module
  (func (export "f") (param i32 i32) (result i32)
    (i32.shl (i32.mul (local.get 0) (local.get 1)) (i32.const 3))))
;; check: func @f
;; check: c2 = imul.i32 c0 c1
;; nextln: zk.mul32 c0 c1
;; sameln: lower-mul
;; nextln: c4 = ishl.i32 c2 c3
;; nextln: zk.mul32_imm c2 8
;; sameln: shl-power, lower-mul-imm
;; check: zk.shl32_imm c2 3
;; sameln: lower-shl-imm
;; check: effect
;; check: zk.ret c4
