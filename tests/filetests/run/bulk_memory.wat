;; memory.copy works where source and destination overlap, both ways.
;; RUN: zkc run %s --hex --invoke up
;; RUN: zkc run %s --hex --invoke down
(module
  (memory 1)
  (data (i32.const 0) "\01\02\03\04\05\06\07\08")
  (func (export "up") (result i64)
    (memory.copy (i32.const 2) (i32.const 0) (i32.const 6))
    (i64.load (i32.const 0)))
  (func (export "down") (result i64)
    (memory.copy (i32.const 0) (i32.const 2) (i32.const 6))
    (i64.load (i32.const 0))))
;; check: 0x0605040302010201
;; check: 0x0807080706050403
