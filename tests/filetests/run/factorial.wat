;; A recursive function gives the same result at every level.
;; RUN: zkc run %s -O0 --invoke fac 20
;; RUN: zkc run %s -O1 --invoke fac 20
;; RUN: zkc run %s -O2 --invoke fac 20
(module
  (func $fac (export "fac") (param i64) (result i64)
    (if (result i64) (i64.eqz (local.get 0))
      (then (i64.const 1))
      (else (i64.mul (local.get 0) (call $fac (i64.sub (local.get 0) (i64.const 1))))))))
;; check: 2432902008176640000
;; nextln: 2432902008176640000
;; nextln: 2432902008176640000
