;; A function's name is that of the name section, before that of an export.
;; RUN: zkc %s --emit=wasm-ir
(module
  (func $inner (export "outer"))
  (func (export "only_exported"))
  (func (call $inner)))
;; check: func @inner(
;; check: func @only_exported(
;; not: func @outer(
