;; A table of a fixed size is read and written by one instruction, after the check whose trap `ldt` does not have.
;; RUN: zkc %s --emit=mixed-ir --func f
(module
  (table $t 4 funcref)
  (elem declare func $f)
  (func $f (export "f") (param i32 i32)
    (table.set $t (local.get 0) (ref.func $f))
    (table.set $t (local.get 0) (table.get $t (local.get 1)))))
;; check: zk.lds
;; nextln: zk.stt %0
;; check: cond = ult
;; check: zk.ldt %1
;; nextln: zk.stt %0
;; check: zk.trap {kind = out-of-bounds-table-access}
