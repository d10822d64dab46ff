;; The consumer's callback: a checksum over what it is told of each mapping.
(module
  (global $sum (export "sum") (mut i64) (i64.const 0))
  (func (export "mapping_callback") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)
    (global.set $sum
      (i64.add (i64.mul (global.get $sum) (i64.const 31))
        (i64.add (i64.shl (i64.extend_i32_u (i32.xor (local.get 0) (local.get 1))) (i64.const 32))
          (i64.extend_i32_u (i32.add (i32.add (local.get 5) (local.get 6)) (i32.add (local.get 7) (local.get 9)))))))))
