;; Tables, segments and memories beyond the first: what lies in static words.
;;
;; A place is the number of its first word, counted from the first static word that is the program's own, and its size: in
;; elements, or in bytes. A place of bytes with the number -1 is the first memory. Bounds are checked before any write. What
;; traps then is a write beyond all static words, which is out of bounds of a table, or a load at an offset that no memory
;; reaches. Words beyond a size are zero, because sizes only grow.
(module
  (import "zkc:intrinsics" "word_get" (func $get (param i32) (result i64)))
  (import "zkc:intrinsics" "word_set" (func $set (param i32 i64)))
  (import "zkc:intrinsics" "copy" (func $copy_blocks (param i32 i32 i32)))
  (import "zkc:intrinsics" "words_address" (func $words_address (result i32)))
  (memory 0)

  ;; Adds to the size in a word, unless it would be more than most; the old size or -1.
  (func $words.grow (param $n i32) (param $size i32) (param $most i32) (result i32)
    (local $old i64) (local $new i64)
    (local.set $old (call $get (local.get $size)))
    (local.set $new (i64.add (local.get $old) (i64.extend_i32_u (local.get $n))))
    (if (i64.gt_u (local.get $new) (i64.extend_i32_u (local.get $most)))
      (then (return (i32.const -1))))
    (call $set (local.get $size) (local.get $new))
    (i32.wrap_i64 (local.get $old)))

  ;; Sets words.
  (func $words.fill (param $at i32) (param $value i64) (param $n i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $at) (local.get $n)))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $at) (local.get $end)))
        (call $set (local.get $at) (local.get $value))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next))))

  (func $words.table_grow (param $value i64) (param $n i32) (param $base i32) (param $size i32) (param $most i32) (result i32)
    (local $old i32)
    (local.set $old (call $words.grow (local.get $n) (local.get $size) (local.get $most)))
    (if (i64.ne (local.get $value) (i64.const 0))
      (then
        (if (i32.ne (local.get $old) (i32.const -1))
          (then
            (call $words.fill
              (i32.add (local.get $base) (local.get $old)) (local.get $value) (local.get $n))))))
    (local.get $old))

  (func $words.table_fill (param $i i32) (param $value i64) (param $n i32) (param $base i32) (param $size i32)
    (if (i64.gt_u (i64.add (i64.extend_i32_u (local.get $i)) (i64.extend_i32_u (local.get $n)))
                  (i64.extend_i32_u (local.get $size)))
      (then (call $set (i32.const -1) (i64.const 0))))
    (call $words.fill (i32.add (local.get $base) (local.get $i)) (local.get $value) (local.get $n)))

  ;; table.copy, and table.init from a segment.
  (func $words.table_copy (param $d i32) (param $s i32) (param $n i32)
      (param $dbase i32) (param $dsize i32) (param $sbase i32) (param $ssize i32)
    (local $end i32)
    (if (i64.gt_u (i64.add (i64.extend_i32_u (local.get $s)) (i64.extend_i32_u (local.get $n)))
                  (i64.extend_i32_u (local.get $ssize)))
      (then (call $set (i32.const -1) (i64.const 0))))
    (if (i64.gt_u (i64.add (i64.extend_i32_u (local.get $d)) (i64.extend_i32_u (local.get $n)))
                  (i64.extend_i32_u (local.get $dsize)))
      (then (call $set (i32.const -1) (i64.const 0))))
    (local.set $d (i32.add (local.get $dbase) (local.get $d)))
    (local.set $s (i32.add (local.get $sbase) (local.get $s)))
    ;; Upwards unless the destination lies above the source.
    (if (i32.le_u (local.get $d) (local.get $s))
      (then
        (local.set $end (i32.add (local.get $d) (local.get $n)))
        (block $done
          (loop $next
            (br_if $done (i32.eq (local.get $d) (local.get $end)))
            (call $set (local.get $d) (call $get (local.get $s)))
            (local.set $d (i32.add (local.get $d) (i32.const 1)))
            (local.set $s (i32.add (local.get $s) (i32.const 1)))
            (br $next)))
        (return)))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (call $set (i32.add (local.get $d) (local.get $n)) (call $get (i32.add (local.get $s) (local.get $n))))
        (br $next))))

  ;; The bits at a byte address, which exist; at most 64.
  (func $words.peek (param $at i64) (param $bits i64) (param $base i32) (result i64)
    (local $word i32) (local $shift i64) (local $value i64)
    (local.set $word (i32.add (local.get $base) (i32.wrap_i64 (i64.shr_u (local.get $at) (i64.const 3)))))
    (local.set $shift (i64.shl (i64.and (local.get $at) (i64.const 7)) (i64.const 3)))
    (local.set $value (i64.shr_u (call $get (local.get $word)) (local.get $shift)))
    (if (i64.gt_u (i64.add (local.get $shift) (local.get $bits)) (i64.const 64))
      (then
        (local.set $value
          (i64.or (local.get $value)
            (i64.shl (call $get (i32.add (local.get $word) (i32.const 1)))
              (i64.sub (i64.const 64) (local.get $shift)))))))
    (i64.and (local.get $value) (i64.shr_u (i64.const -1) (i64.sub (i64.const 64) (local.get $bits)))))

  ;; Sets the bits at a byte address, which exist; at most 64.
  (func $words.poke (param $at i64) (param $value i64) (param $bits i64) (param $base i32)
    (local $word i32) (local $shift i64) (local $mask i64)
    (local.set $word (i32.add (local.get $base) (i32.wrap_i64 (i64.shr_u (local.get $at) (i64.const 3)))))
    (local.set $shift (i64.shl (i64.and (local.get $at) (i64.const 7)) (i64.const 3)))
    (local.set $mask (i64.shr_u (i64.const -1) (i64.sub (i64.const 64) (local.get $bits))))
    (local.set $value (i64.and (local.get $value) (local.get $mask)))
    (call $set (local.get $word)
      (i64.or
        (i64.and (call $get (local.get $word))
          (i64.xor (i64.shl (local.get $mask) (local.get $shift)) (i64.const -1)))
        (i64.shl (local.get $value) (local.get $shift))))
    (if (i64.gt_u (i64.add (local.get $shift) (local.get $bits)) (i64.const 64))
      (then
        (local.set $word (i32.add (local.get $word) (i32.const 1)))
        (local.set $shift (i64.sub (i64.const 64) (local.get $shift)))
        (call $set (local.get $word)
          (i64.or
            (i64.and (call $get (local.get $word))
              (i64.xor (i64.shr_u (local.get $mask) (local.get $shift)) (i64.const -1)))
            (i64.shr_u (local.get $value) (local.get $shift)))))))

  (func $words.memory_load (param $p i32) (param $offset i32) (param $bytes i32) (param $base i32) (param $len i64) (result i64)
    (local $at i64) (local $n i64)
    (local.set $at (i64.add (i64.extend_i32_u (local.get $p)) (i64.extend_i32_u (local.get $offset))))
    (local.set $n (i64.extend_i32_u (local.get $bytes)))
    (if (i64.gt_u (i64.add (local.get $at) (local.get $n)) (local.get $len))
      (then (drop (i32.load8_u offset=0xffffffff (i32.const 0)))))
    (call $words.peek (local.get $at) (i64.shl (local.get $n) (i64.const 3)) (local.get $base)))

  (func $words.memory_store (param $p i32) (param $value i64) (param $offset i32) (param $bytes i32) (param $base i32) (param $len i64)
    (local $at i64) (local $n i64)
    (local.set $at (i64.add (i64.extend_i32_u (local.get $p)) (i64.extend_i32_u (local.get $offset))))
    (local.set $n (i64.extend_i32_u (local.get $bytes)))
    (if (i64.gt_u (i64.add (local.get $at) (local.get $n)) (local.get $len))
      (then (drop (i32.load8_u offset=0xffffffff (i32.const 0)))))
    (call $words.poke (local.get $at) (local.get $value) (i64.shl (local.get $n) (i64.const 3)) (local.get $base)))

  (func $words.memory_fill (param $d i32) (param $byte i32) (param $n i32) (param $base i32) (param $len i64)
    (local $at i64) (local $end i64) (local $word i64)
    (local.set $at (i64.extend_i32_u (local.get $d)))
    (local.set $end (i64.add (local.get $at) (i64.extend_i32_u (local.get $n))))
    (if (i64.gt_u (local.get $end) (local.get $len))
      (then (drop (i32.load8_u offset=0xffffffff (i32.const 0)))))
    (local.set $word (i64.mul (i64.extend_i32_u (i32.and (local.get $byte) (i32.const 255)))
                              (i64.const 0x0101010101010101)))
    (block $end_of_words
      (loop $words
        (br_if $end_of_words (i64.lt_u (i64.sub (local.get $end) (local.get $at)) (i64.const 8)))
        (call $words.poke (local.get $at) (local.get $word) (i64.const 64) (local.get $base))
        (local.set $at (i64.add (local.get $at) (i64.const 8)))
        (br $words)))
    (block $done
      (loop $bytes
        (br_if $done (i64.eq (local.get $at) (local.get $end)))
        (call $words.poke (local.get $at) (local.get $word) (i64.const 8) (local.get $base))
        (local.set $at (i64.add (local.get $at) (i64.const 1)))
        (br $bytes))))

  ;; 64 or 8 bits of a place, which may be the first memory.
  (func $words.take (param $at i64) (param $bits i64) (param $base i32) (result i64)
    (if (i32.ne (local.get $base) (i32.const -1))
      (then (return (call $words.peek (local.get $at) (local.get $bits) (local.get $base)))))
    (if (i64.eq (local.get $bits) (i64.const 64))
      (then (return (i64.load (i32.wrap_i64 (local.get $at))))))
    (i64.load8_u (i32.wrap_i64 (local.get $at))))

  (func $words.put (param $at i64) (param $value i64) (param $bits i64) (param $base i32)
    (if (i32.ne (local.get $base) (i32.const -1))
      (then
        (call $words.poke (local.get $at) (local.get $value) (local.get $bits) (local.get $base))
        (return)))
    (if (i64.eq (local.get $bits) (i64.const 64))
      (then
        (i64.store (i32.wrap_i64 (local.get $at)) (local.get $value))
        (return)))
    (i64.store8 (i32.wrap_i64 (local.get $at)) (local.get $value)))

  ;; Copies words, at least four, from static words; what goes to a byte of memory comes from $s bytes further on.
  (func $words.blocks (param $first i32) (param $end i32) (param $s i32)
    (local $mid i32)
    (local.set $mid
      (i32.add (local.get $first) (i32.and (i32.sub (local.get $end) (local.get $first)) (i32.const -4))))
    (call $copy_blocks (local.get $first)
      (i32.add (local.get $s) (i32.shl (local.get $first) (i32.const 3))) (local.get $mid))
    (if (i32.ne (local.get $mid) (local.get $end))
      (then
        (local.set $mid (i32.sub (local.get $end) (i32.const 4)))
        (call $copy_blocks (local.get $mid)
          (i32.add (local.get $s) (i32.shl (local.get $mid) (i32.const 3))) (local.get $end)))))

  ;; memory.copy between memories that are not both the first, and memory.init from a segment.
  (func $words.memory_copy (param $d i32) (param $s i32) (param $n i32)
      (param $dbase i32) (param $dlen i64) (param $sbase i32) (param $slen i64)
    (local $to i64) (local $from i64) (local $left i64)
    (local.set $to (i64.extend_i32_u (local.get $d)))
    (local.set $from (i64.extend_i32_u (local.get $s)))
    (local.set $left (i64.extend_i32_u (local.get $n)))
    (if (i64.gt_u (i64.add (local.get $from) (local.get $left)) (local.get $slen))
      (then (drop (i32.load8_u offset=0xffffffff (i32.const 0)))))
    (if (i64.gt_u (i64.add (local.get $to) (local.get $left)) (local.get $dlen))
      (then (drop (i32.load8_u offset=0xffffffff (i32.const 0)))))
    ;; To the first memory from static words: both ends are 8 bytes each, and between them lie four whole words or more.
    (if (i32.and (i32.and (i32.eq (local.get $dbase) (i32.const -1)) (i32.ne (local.get $sbase) (i32.const -1)))
                 (i32.ge_u (local.get $n) (i32.const 48)))
      (then
        (i64.store (local.get $d) (call $words.peek (local.get $from) (i64.const 64) (local.get $sbase)))
        (i64.store (i32.sub (i32.add (local.get $d) (local.get $n)) (i32.const 8))
          (call $words.peek (i64.sub (i64.add (local.get $from) (local.get $left)) (i64.const 8))
            (i64.const 64) (local.get $sbase)))
        (call $words.blocks
          (i32.shr_u (i32.add (local.get $d) (i32.const 8)) (i32.const 3))
          (i32.shr_u (i32.sub (i32.add (local.get $d) (local.get $n)) (i32.const 1)) (i32.const 3))
          (i32.sub
            (i32.add (call $words_address)
              (i32.add (i32.shl (local.get $sbase) (i32.const 3)) (local.get $s)))
            (local.get $d)))
        (return)))
    ;; Upwards unless the destination lies above the source in the same place.
    (if (i32.or (i32.ne (local.get $dbase) (local.get $sbase)) (i32.le_u (local.get $d) (local.get $s)))
      (then
        (block $end_of_words
          (loop $words
            (br_if $end_of_words (i64.lt_u (local.get $left) (i64.const 8)))
            (call $words.put (local.get $to)
              (call $words.take (local.get $from) (i64.const 64) (local.get $sbase))
              (i64.const 64) (local.get $dbase))
            (local.set $to (i64.add (local.get $to) (i64.const 8)))
            (local.set $from (i64.add (local.get $from) (i64.const 8)))
            (local.set $left (i64.sub (local.get $left) (i64.const 8)))
            (br $words)))
        (block $done
          (loop $bytes
            (br_if $done (i64.eqz (local.get $left)))
            (call $words.put (local.get $to)
              (call $words.take (local.get $from) (i64.const 8) (local.get $sbase))
              (i64.const 8) (local.get $dbase))
            (local.set $to (i64.add (local.get $to) (i64.const 1)))
            (local.set $from (i64.add (local.get $from) (i64.const 1)))
            (local.set $left (i64.sub (local.get $left) (i64.const 1)))
            (br $bytes)))
        (return)))
    (block $end_of_words
      (loop $words
        (br_if $end_of_words (i64.lt_u (local.get $left) (i64.const 8)))
        (local.set $left (i64.sub (local.get $left) (i64.const 8)))
        (call $words.put (i64.add (local.get $to) (local.get $left))
          (call $words.take (i64.add (local.get $from) (local.get $left)) (i64.const 64) (local.get $sbase))
          (i64.const 64) (local.get $dbase))
        (br $words)))
    (block $done
      (loop $bytes
        (br_if $done (i64.eqz (local.get $left)))
        (local.set $left (i64.sub (local.get $left) (i64.const 1)))
        (call $words.put (i64.add (local.get $to) (local.get $left))
          (call $words.take (i64.add (local.get $from) (local.get $left)) (i64.const 8) (local.get $sbase))
          (i64.const 8) (local.get $dbase))
        (br $bytes))))
)
