;; Cranelift's frontend turns a local that a loop changes into a block parameter.
;; RUN: zkc %s --emit=clif
(module
  (func (export "f") (param i32) (result i32)
    (local i32)
    (loop
      (local.set 1 (i32.add (local.get 1) (local.get 0)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1)))
;; check: block1($(acc=v\d+): i32, $(n=v\d+): i32)
;; check: iadd $acc, $n
;; check: brif
;; check: return
