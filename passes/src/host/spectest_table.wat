;; The table of host module `spectest`, linked only if it is imported.
(module
  (table (export "table") 10 20 funcref))
