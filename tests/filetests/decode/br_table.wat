;; A br_table keeps its depths, the default last.
;; RUN: zkc %s --emit=wasm-ir
(module
  (func (export "f") (param i32)
    (block (block (br_table 0 1 2 1 (local.get 0))))))
;; check: wasm.br_table
;; sameln: [0, 1, 2, 1]
