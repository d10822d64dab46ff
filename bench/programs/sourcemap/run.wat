;; Parses the first `len` characters of a source map's mappings (at most 1196; that of xxhash-wasm's own bundle) and visits them
;; in order of generated place: a checksum over them.
(module
  (import "env" "sum" (global $sum (mut i64)))
  (import "sourcemap" "memory" (memory 1))
  (import "sourcemap" "allocate_mappings" (func $allocate (param i32) (result i32)))
  (import "sourcemap" "parse_mappings" (func $parse (param i32) (result i32)))
  (import "sourcemap" "by_generated_location" (func $visit (param i32)))
  (data $mappings
    "6BAKe,eAAAA,IACb,OAAOC,ACeF,SAAgBC,CAAQ,EAC7B,KAAM,CACJC,QAAS,CACPC,IAAAA,CAAG,CACHC,MAAAA,CAAK,CACL"
    "C,MAAAA,CAAK,CACLC,OAAAA,CAAM,CACNC,SAAAA,CAAQ,CACRC,SAAAA,CAAQ,CACRC,OAAAA,CAAM,CACNC,SAAAA,CAAQ,CA"
    "CRC,SAAAA,CAAQ,CACT,CACF,CAAGV,EAEJ,IAAIW,EAAS,IAAIC,WAAWV,EAAIW,MAAM,EAEtC,SAASC,EAAWC,CAAM,CAAEC,C"
    "AAM,EAChC,GAAId,EAAIW,MAAM,CAACI,UAAU,CAAGF,EAASC,EAAQ,CAC3C,MAAME,EAAaC,KAAKC,IAAI,CAE1B,AAACL,CAAA"
    "A,EAASC,EAASd,EAAIW,MAAM,CAACI,UAAU,AAAA,EAAK,MAE/Cf,CAAAA,EAAImB,IAAI,CAACH,GAITP,EAAS,IAAIC,WAAWV,"
    "EAAIW,MAAM,CACpC,CACF,CAIA,SAASS,EAAOC,CAAI,CAAEC,CAAI,CAAEC,CAAI,CAAEC,CAAM,CAAEC,CAAM,CAAEC,CAAQ,E"
    "AGxDd,EAAWS,GAGX,MAAMM,EAAQ,IAAIjB,WAAWW,GAQ7B,OAPAZ,EAAOmB,GAAG,CAACD,GACXJ,EAAK,EAAGD,GAIRK,EAAMC,"
    "GAAG,CAACnB,EAAOoB,QAAQ,CAAC,EAAGR,IAEtB,CACLG,OAAOM,CAAK,EAENjB,IAAAA,EAYJ,OAbAJ,EAAOmB,GAAG,CAACD,"
    "GAEU,UAAjB,OAAOG,EACTlB,CAAAA,EAA0B,EAAfkB,EAAMjB,MAAM,CAAMQ,GAC7BR,EAASkB,EAAQC,UAAU,CAACF,EAAOrB,E"
    "AAOoB,QAAQ,CAACR,IAAOY,OAAO,AAAA,EAGjErB,CAAAA,EAAWkB,EAAMf,UAAU,CAAEM,GAC7BZ,EAAOmB,GAAG,CAACE,EAAO"
    "T,GAClBR,EAASiB,EAAMf,UAAU,AAAVA,EAEjBS,EAAO,EAAGH,EAAMR,GAChBc,EAAMC,GAAG,CAACnB,EAAOoB,QAAQ,CAAC,E"
    "AAGR,IACtB,IAAI,AACb,EACAI,OAAAA,IACEhB,CAAAA,EAAOmB,GAAG,CAACD,GACJD,EAASD,EAAO,GAAA,CAE3B,CACF")
  (func (export "run") (param $len i32) (result i64)
    (local $buffer i32)
    (local.set $buffer (call $allocate (local.get $len)))
    (memory.init $mappings (local.get $buffer) (i32.const 0) (local.get $len))
    (call $visit (call $parse (local.get $buffer)))
    (global.get $sum)))
