;; Lanes do not carry into each other; bytes of both operands are shuffled; the last 16 bytes of the memory can be loaded.
;; RUN: zkc run %s --hex --invoke lanes
;; RUN: zkc run %s --hex --invoke shuffled
;; RUN: zkc run %s --hex --invoke last
(module
  (memory 1)
  (data (i32.const 65520) "\01\02\03\04\05\06\07\08\09\0a\0b\0c\0d\0e\0f\10")
  (func (export "lanes") (result i64)
    (i64x2.extract_lane 0
      (i8x16.add (v128.const i64x2 0xff02ff01ff02ff01 0) (v128.const i64x2 0x01ff01ff01ff01ff 0))))
  (func (export "shuffled") (result i64)
    (i64x2.extract_lane 1
      (i8x16.shuffle 31 30 29 28 27 26 25 24 7 6 5 4 3 2 1 0
        (v128.const i64x2 0x0706050403020100 0) (v128.const i64x2 0 0))))
  (func (export "last") (result i64)
    (i64x2.extract_lane 1 (v128.load offset=16 (i32.const 65504)))))
;; check: 0x0001000000010000
;; check: 0x0001020304050607
;; check: 0x100f0e0d0c0b0a09
