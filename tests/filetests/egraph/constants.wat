;; Constant expressions are folded.
;; RUN: zkc %s --emit=zk-ir
(module
  (func (export "f") (result i32)
    (i32.mul (i32.const 6) (i32.const 7))))
;; not: zk.mul
;; check: zk.li {imm = 42}
