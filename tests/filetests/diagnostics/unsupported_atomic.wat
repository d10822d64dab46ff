;; An atomic access is refused where it stands.
;; RUN: zkc %s
;; exit: 1
(module
  (memory 1)
  (func $load (export "f") (param i32) (result i32)
    (i32.atomic.load (local.get 0))))
