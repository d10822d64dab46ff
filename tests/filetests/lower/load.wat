;; A load becomes one instruction of the machine, offset included.
;; RUN: zkc %s --emit=mixed-ir
(module
  (memory 1)
  (func (export "f") (param i32) (result i32)
    (i32.load16_s offset=40 (local.get 0))))
;; not: cranelift.load
;; check: zk.ld16s32 %0
;; sameln: 40
