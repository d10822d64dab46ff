;; Data segments are there before the start function, which runs before the call.
;; RUN: zkc run %s --invoke get
(module
  (memory 1)
  (data (i32.const 4) "\2a")
  (start $start)
  (func $start (i32.store (i32.const 8) (i32.mul (i32.load (i32.const 4)) (i32.const 100))))
  (func (export "get") (result i32) (i32.load (i32.const 8))))
;; check: 4200
