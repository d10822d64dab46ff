;; A constant operand goes into the instruction.
;; RUN: zkc %s --emit=zk-ir
(module
  (func (export "f") (param i32) (result i32)
    (i32.add (local.get 0) (i32.const 1000))))
;; not: zk.li
;; check: zk.add32_imm %0 {imm = 1000}
;; not: cranelift.
