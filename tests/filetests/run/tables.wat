;; table.init, table.copy, table.grow and table.fill work on what call_indirect calls; overlapping copies are right both ways.
;; RUN: zkc run %s -O0 --invoke sum
;; RUN: zkc run %s -O2 --invoke sum
(module
  (type $n (func (result i32)))
  (table $t 4 20 funcref)
  (table $u 3 funcref)
  (elem $e func $one $two $three)
  (func $one (result i32) (i32.const 1))
  (func $two (result i32) (i32.const 2))
  (func $three (result i32) (i32.const 3))
  (func $digits (result i32)
    (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 10))
        (if (result i32) (ref.is_null (table.get $t (local.get $i)))
          (then (i32.const 0))
          (else (call_indirect $t (type $n) (local.get $i))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (table.size $t))))
    (local.get $sum))
  (func (export "sum") (result i32 i32 i32 i32 i32)
    (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 3))
    (elem.drop $e)
    (call $digits)
    (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 3))
    (call $digits)
    (table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 3))
    (call $digits)
    (drop (table.grow $t (ref.func $three) (i32.const 2)))
    (call $digits)
    (table.copy $u $t (i32.const 0) (i32.const 1) (i32.const 3))
    (table.fill $t (i32.const 1) (ref.null func) (i32.const 3))
    (table.copy $t $u (i32.const 3) (i32.const 0) (i32.const 3))
    (call $digits)))
;; check: 1230
;; nextln: 1123
;; nextln: 1233
;; nextln: 123333
;; nextln: 100233
;; nextln: 1230
;; nextln: 1123
;; nextln: 1233
;; nextln: 123333
;; nextln: 100233
