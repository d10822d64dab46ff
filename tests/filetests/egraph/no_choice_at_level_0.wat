;; At -O0 every op is lowered alone, whatever it costs; at -O2 the same function gets cheaper instructions.
;; RUN: zkc %s --emit=zk-ir -O0
;; RUN: zkc %s --emit=zk-ir -O2
(module
  (func (export "f") (param i32 i32) (result i32)
    (i32.sub (i32.add (local.get 0) (i32.const 5)) (i32.const 3))))
;; check: zk.add32
;; check: zk.sub32
;; check: zk.ret
;; not: zk.sub32
;; check: zk.add32_imm %0 {imm = 2}
