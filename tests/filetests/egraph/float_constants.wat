;; The routine's wide multiplication is a pure op, so a product of constants is a constant.
;; RUN: zkc %s --emit=zk-ir --func f
(module
  (func (export "f") (result f64)
    (f64.mul (f64.const 1.5) (f64.const -5))))
;; not: zk.mulhu64
;; check: zk.li {imm = 13843502304583483392}
