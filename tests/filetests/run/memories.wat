;; Memories beyond the first: accesses of every width across words, fill, copies between memories, growth, data.
;; RUN: zkc run %s -O0 --hex --invoke f
;; RUN: zkc run %s -O2 --hex --invoke f
(module
  (memory $a 1)
  (memory $b 1 2)
  (data (memory $b) (i32.const 3) "\01\02\03\04\05\06\07\08\09\0a")
  (data $d "passive bytes")
  (func (export "f") (result i64 i64 i32 i64 i64 i32)
    (i64.load $b (i32.const 5))
    (i64.store $b (i32.const 13) (i64.const 0x1122334455667788))
    (i64.load $b offset=8 (i32.const 5))
    (i32.store16 $b (i32.const 15) (i32.const 0xfffe))
    (i32.load8_s $b (i32.const 15))
    (memory.fill $b (i32.const 1) (i32.const 0xab) (i32.const 21))
    (memory.copy $a $b (i32.const 0) (i32.const 15) (i32.const 15))
    (i64.load $a (i32.const 0))
    (memory.init $b $d (i32.const 30) (i32.const 2) (i32.const 11))
    (data.drop $d)
    (memory.copy $b $b (i32.const 33) (i32.const 30) (i32.const 11))
    (i64.load $b (i32.const 31))
    (i32.add (i32.mul (memory.grow $b (i32.const 1)) (i32.const 100))
      (i32.add (i32.mul (memory.size $b) (i32.const 10))
        (i32.eq (memory.grow $b (i32.const 1)) (i32.const -1))))))
;; check: 0x0a09080706050403
;; nextln: 0x1122334455667788
;; nextln: 0xfffffffe
;; nextln: 0x00ababababababab
;; nextln: 0x2065766973736973
;; nextln: 0x00000079
;; nextln: 0x0a09080706050403
;; nextln: 0x1122334455667788
;; nextln: 0xfffffffe
;; nextln: 0x00ababababababab
;; nextln: 0x2065766973736973
;; nextln: 0x00000079
