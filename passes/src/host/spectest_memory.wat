;; The memory of host module `spectest`, linked only if it is imported.
(module
  (memory (export "memory") 1 2))
