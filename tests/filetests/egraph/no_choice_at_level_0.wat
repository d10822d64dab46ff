;; At -O0 every op is lowered alone; the constants are not folded.
;; RUN: zkc %s --emit=zk-ir -O0
(module
  (func (export "f") (result i32)
    (i32.mul (i32.const 6) (i32.const 7))))
;; check: zk.li {imm = 6}
;; check: zk.li {imm = 7}
;; check: zk.mul32
