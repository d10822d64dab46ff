;; Host module `wasi_snapshot_preview1`: WASI for programs that read standard input, print and exit.
;;
;; Pointers are checked as a host checks them: an access outside the memory traps, before anything is written to the output.
;; WASI.md has the records of the output, the layout of the input, and what a proof says about each function. Every private
;; input, whatever its bytes, is some seed, arguments, environment and standard input: the input is the prover's choice.
(module
  (import "zkc:intrinsics" "input8" (func $input8 (result i32)))
  (import "zkc:intrinsics" "input64" (func $input64 (result i64)))
  (import "zkc:intrinsics" "inlen" (func $inlen (result i32)))
  (import "zkc:intrinsics" "output" (func $output (param i32)))
  (import "zkc:intrinsics" "halt" (func $halt))
  (import "zkc:intrinsics" "scratch_get" (func $scratch_get (param i32) (result i64)))
  (import "zkc:intrinsics" "scratch_set" (func $scratch_set (param i32 i64)))
  (import "zkc:importer" "memory" (memory 0))

  ;; Whether the head of the input has been read, and how many of the input's bytes have not.
  (global $opened (mut i32) (i32.const 0))
  (global $left (mut i32) (i32.const 0))
  ;; The state of random_get.
  (global $seed (mut i64) (i64.const 0))
  ;; Arguments and environment: how many strings, and their bytes with a zero each. They lie in the 2^14 scratch words:
  ;; per string a word with its length, then its bytes, 8 in a word. The environment's come after the arguments'.
  (global $args (mut i32) (i32.const 0))
  (global $args_size (mut i32) (i32.const 0))
  (global $env (mut i32) (i32.const 0))
  (global $env_size (mut i32) (i32.const 0))
  (global $env_slot (mut i32) (i32.const 0))
  (global $args_shown (mut i32) (i32.const 0))
  ;; Bit n: descriptor n is closed.
  (global $closed (mut i32) (i32.const 0))

  ;; The next bytes of the input; zeros behind its end.
  (func $take8 (result i32)
    (if (i32.eqz (global.get $left)) (then (return (i32.const 0))))
    (global.set $left (i32.sub (global.get $left) (i32.const 1)))
    (call $input8))

  (func $take_bytes (param $n i32) (result i64)
    (local $word i64) (local $shift i64)
    (block $done
      (loop $bytes
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $word (i64.or (local.get $word)
                                 (i64.shl (i64.extend_i32_u (call $take8)) (local.get $shift))))
        (local.set $shift (i64.add (local.get $shift) (i64.const 8)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $bytes)))
    (local.get $word))

  (func $take64 (result i64)
    (if (i32.lt_u (global.get $left) (i32.const 8)) (then (return (call $take_bytes (i32.const 8)))))
    (global.set $left (i32.sub (global.get $left) (i32.const 8)))
    (call $input64))

  ;; Reads a list of strings into the static words from `slot` on: how many, their size, the first slot behind them.
  ;; A string is cut where the input ends; a list is cut where the words end.
  (func $take_strings (param $slot i32) (result i32 i32 i32)
    (local $asked i32) (local $count i32) (local $size i32) (local $n i32)
    (local.set $asked (i32.wrap_i64 (call $take_bytes (i32.const 4))))
    (block $done
      (loop $strings
        (br_if $done (i32.ge_u (local.get $count) (local.get $asked)))
        (local.set $n (i32.wrap_i64 (call $take_bytes (i32.const 4))))
        (if (i32.gt_u (local.get $n) (global.get $left)) (then (local.set $n (global.get $left))))
        (br_if $done (i64.gt_u (i64.add (i64.extend_i32_u (local.get $slot))
                                        (i64.shr_u (i64.add (i64.extend_i32_u (local.get $n)) (i64.const 15)) (i64.const 3)))
                               (i64.const 16384)))
        (call $scratch_set (local.get $slot) (i64.extend_i32_u (local.get $n)))
        (local.set $slot (i32.add (local.get $slot) (i32.const 1)))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (local.set $size (i32.add (local.get $size) (i32.add (local.get $n) (i32.const 1))))
        (block $end_of_words
          (loop $words
            (br_if $end_of_words (i32.lt_u (local.get $n) (i32.const 8)))
            (call $scratch_set (local.get $slot) (call $take64))
            (local.set $slot (i32.add (local.get $slot) (i32.const 1)))
            (local.set $n (i32.sub (local.get $n) (i32.const 8)))
            (br $words)))
        (br_if $strings (i32.eqz (local.get $n)))
        (call $scratch_set (local.get $slot) (call $take_bytes (local.get $n)))
        (local.set $slot (i32.add (local.get $slot) (i32.const 1)))
        (br $strings)))
    (local.get $count) (local.get $size) (local.get $slot))

  ;; Reads the head of the input, once.
  (func $open
    (if (global.get $opened) (then (return)))
    (global.set $opened (i32.const 1))
    (global.set $left (call $inlen))
    (global.set $seed (call $take64))
    (call $take_strings (i32.const 0))
    (global.set $env_slot) (global.set $args_size) (global.set $args)
    (call $take_strings (global.get $env_slot))
    (drop) (global.set $env_size) (global.set $env))

  ;; The head of a record: tag, length.
  (func $record (param $tag i32) (param $n i32)
    (call $output (local.get $tag))
    (call $word_out (local.get $n)))

  ;; Four bytes of output.
  (func $word_out (param $word i32)
    (call $output (i32.and (local.get $word) (i32.const 255)))
    (call $output (i32.and (i32.shr_u (local.get $word) (i32.const 8)) (i32.const 255)))
    (call $output (i32.and (i32.shr_u (local.get $word) (i32.const 16)) (i32.const 255)))
    (call $output (i32.shr_u (local.get $word) (i32.const 24))))

  ;; Arguments are public: the first question about them writes a record of each.
  (func $open_args
    (local $slot i32) (local $i i32) (local $n i32) (local $k i32) (local $word i64)
    (call $open)
    (if (global.get $args_shown) (then (return)))
    (global.set $args_shown (i32.const 1))
    (local.set $slot (i32.const 0))
    (block $done
      (loop $strings
        (br_if $done (i32.ge_u (local.get $i) (global.get $args)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (local.set $n (i32.wrap_i64 (call $scratch_get (local.get $slot))))
        (local.set $slot (i32.add (local.get $slot) (i32.const 1)))
        (call $record (i32.const 4) (local.get $n))
        (local.set $k (i32.const 0))
        (loop $bytes
          (br_if $strings (i32.eqz (local.get $n)))
          (if (i32.eqz (i32.and (local.get $k) (i32.const 7)))
            (then
              (local.set $word (call $scratch_get (local.get $slot)))
              (local.set $slot (i32.add (local.get $slot) (i32.const 1)))))
          (call $output (i32.and (i32.wrap_i64 (local.get $word)) (i32.const 255)))
          (local.set $word (i64.shr_u (local.get $word) (i64.const 8)))
          (local.set $k (i32.add (local.get $k) (i32.const 1)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $bytes)))))

  ;; Traps unless the `n` bytes at `at` exist.
  (func $check (param $at i32) (param $n i32)
    (if (i64.gt_u (i64.add (i64.extend_i32_u (local.get $at)) (i64.extend_i32_u (local.get $n)))
                  (i64.shl (i64.extend_i32_u (memory.size)) (i64.const 16)))
      (then (drop (i32.load8_u offset=0xffffffff (i32.const 0))))))

  ;; Stores a list of strings at `text` and pointers to them at `pointers`.
  (func $strings_get (param $slot i32) (param $count i32) (param $pointers i32) (param $text i32)
    (local $n i32) (local $word i64)
    (block $done
      (loop $strings
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (i32.store (local.get $pointers) (local.get $text))
        (local.set $pointers (i32.add (local.get $pointers) (i32.const 4)))
        (local.set $n (i32.wrap_i64 (call $scratch_get (local.get $slot))))
        (local.set $slot (i32.add (local.get $slot) (i32.const 1)))
        (block $end_of_words
          (loop $words
            (br_if $end_of_words (i32.lt_u (local.get $n) (i32.const 8)))
            (i64.store (local.get $text) (call $scratch_get (local.get $slot)))
            (local.set $slot (i32.add (local.get $slot) (i32.const 1)))
            (local.set $text (i32.add (local.get $text) (i32.const 8)))
            (local.set $n (i32.sub (local.get $n) (i32.const 8)))
            (br $words)))
        (if (local.get $n)
          (then
            (local.set $word (call $scratch_get (local.get $slot)))
            (local.set $slot (i32.add (local.get $slot) (i32.const 1)))
            (loop $bytes
              (i64.store8 (local.get $text) (local.get $word))
              (local.set $word (i64.shr_u (local.get $word) (i64.const 8)))
              (local.set $text (i32.add (local.get $text) (i32.const 1)))
              (local.set $n (i32.sub (local.get $n) (i32.const 1)))
              (br_if $bytes (local.get $n)))))
        (i32.store8 (local.get $text) (i32.const 0))
        (local.set $text (i32.add (local.get $text) (i32.const 1)))
        (br $strings))))

  (func $args_sizes_get (export "args_sizes_get") (param $count i32) (param $size i32) (result i32)
    (call $open_args)
    (i32.store (local.get $count) (global.get $args))
    (i32.store (local.get $size) (global.get $args_size))
    (i32.const 0))

  (func $args_get (export "args_get") (param $pointers i32) (param $text i32) (result i32)
    (call $open_args)
    (call $strings_get (i32.const 0) (global.get $args) (local.get $pointers) (local.get $text))
    (i32.const 0))

  (func $environ_sizes_get (export "environ_sizes_get") (param $count i32) (param $size i32) (result i32)
    (call $open)
    (i32.store (local.get $count) (global.get $env))
    (i32.store (local.get $size) (global.get $env_size))
    (i32.const 0))

  (func $environ_get (export "environ_get") (param $pointers i32) (param $text i32) (result i32)
    (call $open)
    (call $strings_get (global.get $env_slot) (global.get $env) (local.get $pointers) (local.get $text))
    (i32.const 0))

  ;; The next `n` bytes of the input, which are there, to `at`.
  (func $read (param $at i32) (param $n i32)
    (block $end_of_words
      (loop $words
        (br_if $end_of_words (i32.lt_u (local.get $n) (i32.const 8)))
        (i64.store (local.get $at) (call $input64))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (local.set $n (i32.sub (local.get $n) (i32.const 8)))
        (br $words)))
    (block $done
      (loop $bytes
        (br_if $done (i32.eqz (local.get $n)))
        (i32.store8 (local.get $at) (call $input8))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $bytes))))

  ;; The `n` bytes at `at` to the output.
  (func $write (param $at i32) (param $n i32)
    (block $end_of_quads
      (loop $quads
        (br_if $end_of_quads (i32.lt_u (local.get $n) (i32.const 4)))
        (call $output (i32.load8_u (local.get $at)))
        (call $output (i32.load8_u offset=1 (local.get $at)))
        (call $output (i32.load8_u offset=2 (local.get $at)))
        (call $output (i32.load8_u offset=3 (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (local.set $n (i32.sub (local.get $n) (i32.const 4)))
        (br $quads)))
    (block $done
      (loop $bytes
        (br_if $done (i32.eqz (local.get $n)))
        (call $output (i32.load8_u (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $bytes))))

  ;; The bytes that `n` vectors at `iovs` hold together; traps if one lies outside the memory.
  (func $iovs_size (param $iovs i32) (param $n i32) (result i64)
    (local $size i64) (local $len i32)
    (block $done
      (loop $vectors
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $len (i32.load offset=4 (local.get $iovs)))
        (call $check (i32.load (local.get $iovs)) (local.get $len))
        (local.set $size (i64.add (local.get $size) (i64.extend_i32_u (local.get $len))))
        (local.set $iovs (i32.add (local.get $iovs) (i32.const 8)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $vectors)))
    (local.get $size))

  (func $fd_read (export "fd_read") (param $fd i32) (param $iovs i32) (param $n i32) (param $count i32) (result i32)
    (local $got i32) (local $len i32)
    (if (i32.or (local.get $fd) (i32.and (global.get $closed) (i32.const 1))) (then (return (i32.const 8))))
    (call $open)
    (drop (call $iovs_size (local.get $iovs) (local.get $n)))
    (drop (i32.load (local.get $count)))
    (block $done
      (loop $vectors
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $len (i32.load offset=4 (local.get $iovs)))
        (if (i32.gt_u (local.get $len) (global.get $left)) (then (local.set $len (global.get $left))))
        (global.set $left (i32.sub (global.get $left) (local.get $len)))
        (local.set $got (i32.add (local.get $got) (local.get $len)))
        (call $read (i32.load (local.get $iovs)) (local.get $len))
        (local.set $iovs (i32.add (local.get $iovs) (i32.const 8)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $vectors (global.get $left))))
    (i32.store (local.get $count) (local.get $got))
    (i32.const 0))

  (func $fd_write (export "fd_write") (param $fd i32) (param $iovs i32) (param $n i32) (param $count i32) (result i32)
    (local $size i64)
    (if (i32.or (i32.eqz (local.get $fd)) (call $not_open (local.get $fd))) (then (return (i32.const 8))))
    (local.set $size (call $iovs_size (local.get $iovs) (local.get $n)))
    (if (i64.ge_u (local.get $size) (i64.const 0x100000000)) (then (return (i32.const 28))))
    (drop (i32.load (local.get $count)))
    (if (i64.ne (local.get $size) (i64.const 0))
      (then (call $record (local.get $fd) (i32.wrap_i64 (local.get $size)))))
    (block $done
      (loop $vectors
        (br_if $done (i32.eqz (local.get $n)))
        (call $write (i32.load (local.get $iovs)) (i32.load offset=4 (local.get $iovs)))
        (local.set $iovs (i32.add (local.get $iovs) (i32.const 8)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $vectors)))
    (i32.store (local.get $count) (i32.wrap_i64 (local.get $size)))
    (i32.const 0))

  ;; Deterministic bytes from the seed: SplitMix64 (Steele, Lea, Flood 2014).
  (func $random_get (export "random_get") (param $at i32) (param $n i32) (result i32)
    (local $word i64)
    (call $open)
    (call $check (local.get $at) (local.get $n))
    (block $done
      (loop $words
        (br_if $done (i32.eqz (local.get $n)))
        (global.set $seed (i64.add (global.get $seed) (i64.const 0x9e3779b97f4a7c15)))
        (local.set $word (global.get $seed))
        (local.set $word (i64.mul (i64.xor (local.get $word) (i64.shr_u (local.get $word) (i64.const 30)))
                                  (i64.const 0xbf58476d1ce4e5b9)))
        (local.set $word (i64.mul (i64.xor (local.get $word) (i64.shr_u (local.get $word) (i64.const 27)))
                                  (i64.const 0x94d049bb133111eb)))
        (local.set $word (i64.xor (local.get $word) (i64.shr_u (local.get $word) (i64.const 31))))
        (if (i32.ge_u (local.get $n) (i32.const 8))
          (then
            (i64.store (local.get $at) (local.get $word))
            (local.set $at (i32.add (local.get $at) (i32.const 8)))
            (local.set $n (i32.sub (local.get $n) (i32.const 8)))
            (br $words)))
        (loop $bytes
          (i64.store8 (local.get $at) (local.get $word))
          (local.set $word (i64.shr_u (local.get $word) (i64.const 8)))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br_if $bytes (local.get $n)))))
    (i32.const 0))

  (func $proc_exit (export "proc_exit") (param $code i32)
    (call $record (i32.const 3) (i32.const 4))
    (call $word_out (local.get $code))
    (call $halt)
    (unreachable))

  (func $sched_yield (export "sched_yield") (result i32)
    (i32.const 0))

  ;; Descriptors 0, 1, 2 are open until closed; there are no others.
  (func $not_open (param $fd i32) (result i32)
    (i32.or (i32.gt_u (local.get $fd) (i32.const 2))
            (i32.and (i32.shr_u (global.get $closed) (local.get $fd)) (i32.const 1))))

  ;; Of a function these descriptors do not have: `errno`, or badf.
  (func $refuse (param $fd i32) (param $errno i32) (result i32)
    (select (i32.const 8) (local.get $errno) (call $not_open (local.get $fd))))

  (func $fd_close (export "fd_close") (param $fd i32) (result i32)
    (if (call $not_open (local.get $fd)) (then (return (i32.const 8))))
    (global.set $closed (i32.or (global.get $closed) (i32.shl (i32.const 1) (local.get $fd))))
    (i32.const 0))

  ;; Type unknown, no flags; the right to read (2) or to write (64).
  (func $fd_fdstat_get (export "fd_fdstat_get") (param $fd i32) (param $at i32) (result i32)
    (if (call $not_open (local.get $fd)) (then (return (i32.const 8))))
    (i64.store (local.get $at) (i64.const 0))
    (i64.store offset=8 (local.get $at) (select (i64.const 64) (i64.const 2) (local.get $fd)))
    (i64.store offset=16 (local.get $at) (i64.const 0))
    (i32.const 0))

  ;; Nothing is known: all zero.
  (func $fd_filestat_get (export "fd_filestat_get") (param $fd i32) (param $at i32) (result i32)
    (if (call $not_open (local.get $fd)) (then (return (i32.const 8))))
    (i64.store (local.get $at) (i64.const 0))
    (i64.store offset=8 (local.get $at) (i64.const 0))
    (i64.store offset=16 (local.get $at) (i64.const 0))
    (i64.store offset=24 (local.get $at) (i64.const 0))
    (i64.store offset=32 (local.get $at) (i64.const 0))
    (i64.store offset=40 (local.get $at) (i64.const 0))
    (i64.store offset=48 (local.get $at) (i64.const 0))
    (i64.store offset=56 (local.get $at) (i64.const 0))
    (i32.const 0))

  ;; No descriptor is a directory, so none has been opened beforehand: badf ends a program's search for them.
  (func $fd_prestat_get (export "fd_prestat_get") (param $fd i32) (param i32) (result i32) (i32.const 8))
  (func $fd_prestat_dir_name (export "fd_prestat_dir_name") (param $fd i32) (param i32 i32) (result i32) (i32.const 8))

  ;; Standard streams cannot seek (spipe), are no directories (notdir) or sockets (notsock), and lack the rest (notsup).
  (func $fd_seek (export "fd_seek") (param $fd i32) (param i64 i32 i32) (result i32) (call $refuse (local.get $fd) (i32.const 70)))
  (func $fd_tell (export "fd_tell") (param $fd i32) (param i32) (result i32) (call $refuse (local.get $fd) (i32.const 70)))
  (func $fd_pread (export "fd_pread") (param $fd i32) (param i32 i32 i64 i32) (result i32) (call $refuse (local.get $fd) (i32.const 70)))
  (func $fd_pwrite (export "fd_pwrite") (param $fd i32) (param i32 i32 i64 i32) (result i32) (call $refuse (local.get $fd) (i32.const 70)))
  (func $fd_advise (export "fd_advise") (param $fd i32) (param i64 i64 i32) (result i32) (call $refuse (local.get $fd) (i32.const 58)))
  (func $fd_allocate (export "fd_allocate") (param $fd i32) (param i64 i64) (result i32) (call $refuse (local.get $fd) (i32.const 58)))
  (func $fd_datasync (export "fd_datasync") (param $fd i32) (result i32) (call $refuse (local.get $fd) (i32.const 58)))
  (func $fd_sync (export "fd_sync") (param $fd i32) (result i32) (call $refuse (local.get $fd) (i32.const 58)))
  (func $fd_fdstat_set_flags (export "fd_fdstat_set_flags") (param $fd i32) (param i32) (result i32) (call $refuse (local.get $fd) (i32.const 58)))
  (func $fd_fdstat_set_rights (export "fd_fdstat_set_rights") (param $fd i32) (param i64 i64) (result i32) (call $refuse (local.get $fd) (i32.const 58)))
  (func $fd_filestat_set_size (export "fd_filestat_set_size") (param $fd i32) (param i64) (result i32) (call $refuse (local.get $fd) (i32.const 58)))
  (func $fd_filestat_set_times (export "fd_filestat_set_times") (param $fd i32) (param i64 i64 i32) (result i32) (call $refuse (local.get $fd) (i32.const 58)))
  (func $fd_renumber (export "fd_renumber") (param $fd i32) (param i32) (result i32) (call $refuse (local.get $fd) (i32.const 58)))
  (func $fd_readdir (export "fd_readdir") (param $fd i32) (param i32 i32 i64 i32) (result i32) (call $refuse (local.get $fd) (i32.const 54)))
  (func $path_create_directory (export "path_create_directory") (param $fd i32) (param i32 i32) (result i32) (call $refuse (local.get $fd) (i32.const 54)))
  (func $path_filestat_get (export "path_filestat_get") (param $fd i32) (param i32 i32 i32 i32) (result i32) (call $refuse (local.get $fd) (i32.const 54)))
  (func $path_filestat_set_times (export "path_filestat_set_times") (param $fd i32) (param i32 i32 i32 i64 i64 i32) (result i32) (call $refuse (local.get $fd) (i32.const 54)))
  (func $path_link (export "path_link") (param $fd i32) (param i32 i32 i32 i32 i32 i32) (result i32) (call $refuse (local.get $fd) (i32.const 54)))
  (func $path_open (export "path_open") (param $fd i32) (param i32 i32 i32 i32 i64 i64 i32 i32) (result i32) (call $refuse (local.get $fd) (i32.const 54)))
  (func $path_readlink (export "path_readlink") (param $fd i32) (param i32 i32 i32 i32 i32) (result i32) (call $refuse (local.get $fd) (i32.const 54)))
  (func $path_remove_directory (export "path_remove_directory") (param $fd i32) (param i32 i32) (result i32) (call $refuse (local.get $fd) (i32.const 54)))
  (func $path_rename (export "path_rename") (param $fd i32) (param i32 i32 i32 i32 i32) (result i32) (call $refuse (local.get $fd) (i32.const 54)))
  (func $path_unlink_file (export "path_unlink_file") (param $fd i32) (param i32 i32) (result i32) (call $refuse (local.get $fd) (i32.const 54)))
  (func $path_symlink (export "path_symlink") (param i32 i32) (param $fd i32) (param i32 i32) (result i32) (call $refuse (local.get $fd) (i32.const 54)))
  (func $sock_accept (export "sock_accept") (param $fd i32) (param i32 i32) (result i32) (call $refuse (local.get $fd) (i32.const 57)))
  (func $sock_recv (export "sock_recv") (param $fd i32) (param i32 i32 i32 i32 i32) (result i32) (call $refuse (local.get $fd) (i32.const 57)))
  (func $sock_send (export "sock_send") (param $fd i32) (param i32 i32 i32 i32) (result i32) (call $refuse (local.get $fd) (i32.const 57)))
  (func $sock_shutdown (export "sock_shutdown") (param $fd i32) (param i32) (result i32) (call $refuse (local.get $fd) (i32.const 57)))

  ;; A proof knows no clock, no events and no signals: nosys.
  (func $clock_res_get (export "clock_res_get") (param i32 i32) (result i32) (i32.const 52))
  (func $clock_time_get (export "clock_time_get") (param i32 i64 i32) (result i32) (i32.const 52))
  (func $poll_oneoff (export "poll_oneoff") (param i32 i32 i32 i32) (result i32) (i32.const 52))
  (func $proc_raise (export "proc_raise") (param i32) (result i32) (i32.const 52))
)
