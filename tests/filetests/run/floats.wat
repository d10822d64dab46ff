;; Float instructions run, rounded as WebAssembly says, the same at every level.
;; RUN: zkc run %s -O0 --invoke third 1
;; RUN: zkc run %s -O2 --invoke third 1
;; RUN: zkc run %s -O2 --invoke third 1e-308
(module
  (func (export "third") (param f64) (result f64)
    (f64.div (local.get 0) (f64.const 3))))
;; check: 0.3333333333333333
;; nextln: 0.3333333333333333
