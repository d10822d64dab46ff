;; Parses `n` HTTP requests, one after another on one connection: callbacks * 65536 + bytes they were given, and the parser's
;; error above them.
(module
  (import "env" "calls" (global $calls (mut i32)))
  (import "env" "bytes" (global $bytes (mut i32)))
  (import "llhttp" "memory" (memory 1))
  (import "llhttp" "llhttp_alloc" (func $alloc (param i32) (result i32)))
  (import "llhttp" "llhttp_execute" (func $execute (param i32 i32 i32) (result i32)))
  (import "llhttp" "malloc" (func $malloc (param i32) (result i32)))
  (data $request "POST /submit?form=7&lang=en HTTP/1.1\0d\0aHost: example.org\0d\0aUser-Agent: curl/8.5.0\0d\0aAccept: */*\0d\0a"
    "Content-Type: application/x-www-form-urlencoded\0d\0aContent-Length: 28\0d\0a\0d\0aname=Ada&language=analytical")
  (func (export "run") (param $n i32) (result i64)
    (local $parser i32) (local $buffer i32) (local $error i32)
    (local.set $parser (call $alloc (i32.const 1)))
    (local.set $buffer (call $malloc (i32.const 256)))
    (memory.init $request (local.get $buffer) (i32.const 0) (i32.const 193))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $error (call $execute (local.get $parser) (local.get $buffer) (i32.const 193)))
        (br_if $done (local.get $error))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (i64.or
      (i64.shl (i64.extend_i32_u (local.get $error)) (i64.const 48))
      (i64.or (i64.shl (i64.extend_i32_u (global.get $calls)) (i64.const 16)) (i64.extend_i32_u (global.get $bytes))))))
