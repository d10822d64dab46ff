;; Blocks, loops and branches keep their structure as regions.
;; RUN: zkc %s --emit=wasm-ir
(module
  (func (export "f") (param i32)
    block
      loop
        local.get 0
        br_if 1
        br 0
      end
    end))
;; check: wasm.block
;; check: wasm.loop
;; check: wasm.br_if
;; check: {depth = 1}
;; check: wasm.br
;; check: {depth = 0}
