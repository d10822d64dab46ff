;; The same as JSON, a line for each function.
;; RUN: zkc %s --emit=choices-json
(module
  (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 3))))
;; check: {"function":"f","ops":[
;; sameln: "instruction":"add32_imm"
;; sameln: "rules":["lower-add-imm"]
