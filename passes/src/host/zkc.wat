;; Host module `zkc`: the private input and the public output.
;;
;; Bounds are checked before any byte is moved; what traps then is a load at an offset that no memory reaches.
;;
;; read_input (at, len): the next `len` bytes of the private input go to `at`. A proof says that there are such bytes.
;; commit (at, len): the `len` bytes at `at` are the next ones of the public output.
;; input_len: number of bytes of the private input, read or not, modulo 2^32. A proof says nothing of what is not read.
(module
  (import "zkc:intrinsics" "input8" (func $input8 (result i32)))
  (import "zkc:intrinsics" "input64" (func $input64 (result i64)))
  (import "zkc:intrinsics" "inlen" (func $inlen (result i32)))
  (import "zkc:intrinsics" "output" (func $output (param i32)))
  (import "zkc:importer" "memory" (memory 0))

  (func $read_input (export "read_input") (param $d i32) (param $n i32)
    (if (i64.gt_u (i64.add (i64.extend_i32_u (local.get $d)) (i64.extend_i32_u (local.get $n)))
                  (i64.shl (i64.extend_i32_u (memory.size)) (i64.const 16)))
      (then (drop (i32.load8_u offset=0xffffffff (i32.const 0)))))
    (block $end_of_words
      (loop $words
        (br_if $end_of_words (i32.lt_u (local.get $n) (i32.const 8)))
        (i64.store (local.get $d) (call $input64))
        (local.set $d (i32.add (local.get $d) (i32.const 8)))
        (local.set $n (i32.sub (local.get $n) (i32.const 8)))
        (br $words)))
    (block $done
      (loop $bytes
        (br_if $done (i32.eqz (local.get $n)))
        (i32.store8 (local.get $d) (call $input8))
        (local.set $d (i32.add (local.get $d) (i32.const 1)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $bytes))))

  (func $commit (export "commit") (param $s i32) (param $n i32)
    (if (i64.gt_u (i64.add (i64.extend_i32_u (local.get $s)) (i64.extend_i32_u (local.get $n)))
                  (i64.shl (i64.extend_i32_u (memory.size)) (i64.const 16)))
      (then (drop (i32.load8_u offset=0xffffffff (i32.const 0)))))
    (block $end_of_quads
      (loop $quads
        (br_if $end_of_quads (i32.lt_u (local.get $n) (i32.const 4)))
        (call $output (i32.load8_u (local.get $s)))
        (call $output (i32.load8_u offset=1 (local.get $s)))
        (call $output (i32.load8_u offset=2 (local.get $s)))
        (call $output (i32.load8_u offset=3 (local.get $s)))
        (local.set $s (i32.add (local.get $s) (i32.const 4)))
        (local.set $n (i32.sub (local.get $n) (i32.const 4)))
        (br $quads)))
    (block $done
      (loop $bytes
        (br_if $done (i32.eqz (local.get $n)))
        (call $output (i32.load8_u (local.get $s)))
        (local.set $s (i32.add (local.get $s) (i32.const 1)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $bytes))))

  (func $input_len (export "input_len") (result i32)
    (call $inlen))
)
