;; memory.fill and memory.copy.
;;
;; The memory is that of the module they are added to. Bounds are checked before any write; what traps then is a load at
;; an offset that no memory reaches. Accesses need no alignment: the first and the last 8 bytes are an access each, and what
;; lies between is whole words of the destination, so that blocks of four words go by one instruction.
(module
  (import "zkc:intrinsics" "copy" (func $copy_blocks (param i32 i32 i32)))
  (import "zkc:intrinsics" "fill" (func $fill_blocks (param i32 i64 i32)))
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
    (i64.store (local.get $d) (local.get $word))
    (i64.store (i32.sub (local.get $end) (i32.const 8)) (local.get $word))
    ;; Now word addresses: of the first word that begins behind $d, and of the one with the last byte.
    (local.set $d (i32.shr_u (i32.add (local.get $d) (i32.const 8)) (i32.const 3)))
    (local.set $end (i32.shr_u (i32.sub (local.get $end) (i32.const 1)) (i32.const 3)))
    (local.set $n (i32.sub (local.get $end) (local.get $d)))
    (if (i32.ge_s (local.get $n) (i32.const 4))
      (then
        (local.set $n (i32.add (local.get $d) (i32.and (local.get $n) (i32.const -4))))
        (call $fill_blocks (local.get $d) (local.get $word) (local.get $n))
        (if (i32.ne (local.get $n) (local.get $end))
          (then
            (call $fill_blocks (i32.sub (local.get $end) (i32.const 4)) (local.get $word) (local.get $end))))
        (return)))
    (block $done
      (loop $words
        (br_if $done (i32.ge_u (local.get $d) (local.get $end)))
        (i64.store (i32.shl (local.get $d) (i32.const 3)) (local.get $word))
        (local.set $d (i32.add (local.get $d) (i32.const 1)))
        (br $words))))

  (func $zkc.memory_copy (param $d i32) (param $s i32) (param $n i32)
    (local $word i64) (local $last i64) (local $a i32) (local $b i32) (local $c i32) (local $size i64)
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
    ;; Both ends are read first and written last, because blocks may overwrite them.
    (local.set $word (i64.load (local.get $s)))
    (local.set $last (i64.load (i32.sub (i32.add (local.get $s) (local.get $n)) (i32.const 8))))
    ;; Word addresses in the destination: the first word that begins behind $d, and the one with the last byte. What is
    ;; copied to a byte comes from $s bytes further on.
    (local.set $a (i32.shr_u (i32.add (local.get $d) (i32.const 8)) (i32.const 3)))
    (local.set $b (i32.shr_u (i32.sub (i32.add (local.get $d) (local.get $n)) (i32.const 1)) (i32.const 3)))
    (local.set $s (i32.sub (local.get $s) (local.get $d)))
    ;; Upwards unless the destination starts inside the source.
    (if (i32.ge_u (i32.sub (i32.const 0) (local.get $s)) (local.get $n))
      (then
        (local.set $c (i32.sub (local.get $b) (local.get $a)))
        (if (i32.ge_s (local.get $c) (i32.const 4))
          (then
            (local.set $c (i32.add (local.get $a) (i32.and (local.get $c) (i32.const -4))))
            (call $copy_blocks (local.get $a)
              (i32.add (local.get $s) (i32.shl (local.get $a) (i32.const 3))) (local.get $c))
            (local.set $a (local.get $c))
            ;; The words left are the end of one more block, unless what it reads has been overwritten.
            (if (i32.and (i32.ne (local.get $a) (local.get $b)) (i32.ge_u (local.get $s) (i32.const 32)))
              (then
                (local.set $a (i32.sub (local.get $b) (i32.const 4)))
                (call $copy_blocks (local.get $a)
                  (i32.add (local.get $s) (i32.shl (local.get $a) (i32.const 3))) (local.get $b))
                (local.set $a (local.get $b))))))
        (block $done
          (loop $words
            (br_if $done (i32.ge_u (local.get $a) (local.get $b)))
            (local.set $c (i32.shl (local.get $a) (i32.const 3)))
            (i64.store (local.get $c) (i64.load (i32.add (local.get $s) (local.get $c))))
            (local.set $a (i32.add (local.get $a) (i32.const 1)))
            (br $words))))
      (else
        (block $blocks_done
          (loop $blocks
            (br_if $blocks_done (i32.lt_s (i32.sub (local.get $b) (local.get $a)) (i32.const 4)))
            (local.set $c (i32.sub (local.get $b) (i32.const 4)))
            (call $copy_blocks (local.get $c)
              (i32.add (local.get $s) (i32.shl (local.get $c) (i32.const 3))) (local.get $b))
            (local.set $b (local.get $c))
            (br $blocks)))
        (block $done
          (loop $words
            (br_if $done (i32.le_u (local.get $b) (local.get $a)))
            (local.set $b (i32.sub (local.get $b) (i32.const 1)))
            (local.set $c (i32.shl (local.get $b) (i32.const 3)))
            (i64.store (local.get $c) (i64.load (i32.add (local.get $s) (local.get $c))))
            (br $words)))))
    (i64.store (local.get $d) (local.get $word))
    (i64.store (i32.sub (i32.add (local.get $d) (local.get $n)) (i32.const 8)) (local.get $last)))
)
