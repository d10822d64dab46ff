;; Unreachable code ends the run with its trap kind.
;; RUN: zkc %s --emit=mixed-ir
(module
  (func (export "f")
    unreachable))
;; check: trap
;; sameln: unreachable
