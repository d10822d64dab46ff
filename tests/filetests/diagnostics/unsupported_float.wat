;; Float arithmetic is refused where it stands.
;; RUN: zkc %s
;; exit: 1
(module
  (func $hypot (export "f") (param f64 f64) (result f64)
    (f64.add (local.get 0) (f64.mul (local.get 1) (local.get 1)))))
