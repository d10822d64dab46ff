;; memory.fill and memory.copy.
;;
;; The memory is that of the module they are added to. Bounds are checked before any write; what traps then is a load at
;; an offset that no memory reaches. Accesses need no alignment, so a tail is one more access that overlaps the last.
(module
  (memory 0)

  (func $zkc.memory_fill (param $d i32) (param $byte i32) (param $n i32)
    (local $word i64) (local $end i32)
    (if (i64.gt_u (i64.add (i64.extend_i32_u (local.get $d)) (i64.extend_i32_u (local.get $n)))
                  (i64.shl (i64.extend_i32_u (memory.size)) (i64.const 16)))
      (then (drop (i32.load8_u offset=0xffffffff (i32.const 0)))))
    (if (i32.eqz (local.get $n)) (then (return)))
    (local.set $word (i64.mul (i64.extend_i32_u (i32.and (local.get $byte) (i32.const 255)))
                              (i64.const 0x0101010101010101)))
    ;; Below 2^31, because the machine's memory ends there.
    (local.set $end (i32.add (local.get $d) (local.get $n)))
    (if (i32.lt_u (local.get $n) (i32.const 8))
      (then
        (if (i32.ge_u (local.get $n) (i32.const 4))
          (then
            (i64.store32 (local.get $d) (local.get $word))
            (i64.store32 (i32.sub (local.get $end) (i32.const 4)) (local.get $word))
            (return)))
        (i64.store8 (local.get $d) (local.get $word))
        (i64.store8 (i32.sub (local.get $end) (i32.const 1)) (local.get $word))
        (if (i32.gt_u (local.get $n) (i32.const 2))
          (then (i64.store8 offset=1 (local.get $d) (local.get $word))))
        (return)))
    (i64.store (i32.sub (local.get $end) (i32.const 8)) (local.get $word))
    (block $done
      (loop $wide
        (br_if $done (i32.lt_u (local.get $n) (i32.const 32)))
        (i64.store (local.get $d) (local.get $word))
        (i64.store offset=8 (local.get $d) (local.get $word))
        (i64.store offset=16 (local.get $d) (local.get $word))
        (i64.store offset=24 (local.get $d) (local.get $word))
        (local.set $d (i32.add (local.get $d) (i32.const 32)))
        (local.set $n (i32.sub (local.get $n) (i32.const 32)))
        (br $wide)))
    (block $end_of_words
      (loop $narrow
        (br_if $end_of_words (i32.lt_u (local.get $n) (i32.const 8)))
        (i64.store (local.get $d) (local.get $word))
        (local.set $d (i32.add (local.get $d) (i32.const 8)))
        (local.set $n (i32.sub (local.get $n) (i32.const 8)))
        (br $narrow))))

  (func $zkc.memory_copy (param $d i32) (param $s i32) (param $n i32)
    (local $word i64) (local $a i32) (local $b i32) (local $c i32) (local $size i64)
    (local.set $size (i64.shl (i64.extend_i32_u (memory.size)) (i64.const 16)))
    (if (i64.gt_u (i64.add (i64.extend_i32_u (local.get $d)) (i64.extend_i32_u (local.get $n))) (local.get $size))
      (then (drop (i32.load8_u offset=0xffffffff (i32.const 0)))))
    (if (i64.gt_u (i64.add (i64.extend_i32_u (local.get $s)) (i64.extend_i32_u (local.get $n))) (local.get $size))
      (then (drop (i32.load8_u offset=0xffffffff (i32.const 0)))))
    (if (i32.eqz (local.get $n)) (then (return)))
    ;; Short: everything is loaded before anything is stored.
    (if (i32.lt_u (local.get $n) (i32.const 8))
      (then
        (if (i32.ge_u (local.get $n) (i32.const 4))
          (then
            (local.set $a (i32.load (local.get $s)))
            (local.set $b (i32.load (i32.sub (i32.add (local.get $s) (local.get $n)) (i32.const 4))))
            (i32.store (local.get $d) (local.get $a))
            (i32.store (i32.sub (i32.add (local.get $d) (local.get $n)) (i32.const 4)) (local.get $b))
            (return)))
        (local.set $a (i32.load8_u (local.get $s)))
        (local.set $b (i32.load8_u (i32.sub (i32.add (local.get $s) (local.get $n)) (i32.const 1))))
        (if (i32.gt_u (local.get $n) (i32.const 2))
          (then
            (local.set $c (i32.load8_u offset=1 (local.get $s)))
            (i32.store8 offset=1 (local.get $d) (local.get $c))))
        (i32.store8 (local.get $d) (local.get $a))
        (i32.store8 (i32.sub (i32.add (local.get $d) (local.get $n)) (i32.const 1)) (local.get $b))
        (return)))
    ;; Upwards unless the destination starts inside the source.
    (if (i32.ge_u (i32.sub (local.get $d) (local.get $s)) (local.get $n))
      (then
        ;; The last word is read first: the loop may overwrite it when it lies in both.
        (local.set $word (i64.load (i32.sub (i32.add (local.get $s) (local.get $n)) (i32.const 8))))
        (local.set $a (i32.sub (i32.add (local.get $d) (local.get $n)) (i32.const 8)))
        (block $done
          (loop $wide
            (br_if $done (i32.lt_u (local.get $n) (i32.const 32)))
            (i64.store (local.get $d) (i64.load (local.get $s)))
            (i64.store offset=8 (local.get $d) (i64.load offset=8 (local.get $s)))
            (i64.store offset=16 (local.get $d) (i64.load offset=16 (local.get $s)))
            (i64.store offset=24 (local.get $d) (i64.load offset=24 (local.get $s)))
            (local.set $d (i32.add (local.get $d) (i32.const 32)))
            (local.set $s (i32.add (local.get $s) (i32.const 32)))
            (local.set $n (i32.sub (local.get $n) (i32.const 32)))
            (br $wide)))
        (block $end_of_words
          (loop $narrow
            (br_if $end_of_words (i32.lt_u (local.get $n) (i32.const 8)))
            (i64.store (local.get $d) (i64.load (local.get $s)))
            (local.set $d (i32.add (local.get $d) (i32.const 8)))
            (local.set $s (i32.add (local.get $s) (i32.const 8)))
            (local.set $n (i32.sub (local.get $n) (i32.const 8)))
            (br $narrow)))
        (i64.store (local.get $a) (local.get $word))
        (return)))
    (local.set $word (i64.load (local.get $s)))
    (block $end_of_words
      (loop $narrow
        (br_if $end_of_words (i32.lt_u (local.get $n) (i32.const 8)))
        (local.set $n (i32.sub (local.get $n) (i32.const 8)))
        (i64.store (i32.add (local.get $d) (local.get $n)) (i64.load (i32.add (local.get $s) (local.get $n))))
        (br $narrow)))
    (i64.store (local.get $d) (local.get $word)))
)
