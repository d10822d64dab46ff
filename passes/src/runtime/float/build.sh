#!/usr/bin/env bash
# Rebuilds float.wasm and its record in recipe.toml. RUSTC names a compiler with core for wasm32-unknown-unknown.
#
# The linker is called directly, so that nothing but the functions of lib.rs is exported. It makes a
# stack pointer nonetheless; the section of globals, that one alone, is dropped, and were it used the module would be invalid.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
rustc=${RUSTC:-rustc} target=wasm32-unknown-unknown
features=+sign-ext,+mutable-globals
# A select computes both sides, which a processor likes and a proof pays: branches stay branches, and what stands on each side stays there.
branches="-C llvm-args=-phi-node-folding-threshold=0 -C llvm-args=-two-entry-phi-node-folding-threshold=0"
branches="$branches -C llvm-args=-simplifycfg-sink-common=false -C llvm-args=-simplifycfg-hoist-common=false"
lld=$("$rustc" --print sysroot)/lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld
object=$(mktemp) && trap 'rm -f "$object"' EXIT

"$rustc" --edition 2024 --crate-type lib --crate-name zkc_float --target $target --emit "obj=$object" \
  -C opt-level=3 -C codegen-units=1 -C panic=abort -C target-cpu=mvp -C target-feature=$features $branches src/lib.rs
exports=$(sed -n 's/^    "\([^"]*\)" .*/--export=\1/p' src/lib.rs)
# shellcheck disable=SC2086
"$lld" -flavor wasm --no-entry $exports --gc-sections --strip-all -z stack-size=0 -o float.wasm "$object"
python3 - <<'PY'
module = open("float.wasm", "rb").read()
kept, at = module[:8], 8
while at < len(module):
    start, section, size, shift = at, module[at], 0, 0
    at += 1
    while True:
        byte = module[at]
        size, shift, at = size | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            break
    at += size
    if section != 6:
        kept += module[start:at]
open("float.wasm", "wb").write(kept)
PY
chmod 644 float.wasm
cat > recipe.toml <<RECIPE
# How float.wasm was made; written by build.sh.
sha256 = "$(sha256sum < float.wasm | cut -d' ' -f1)"
sources = "$(cat src/lib.rs src/soft/*.rs | sha256sum | cut -d' ' -f1)"
rustc = "$("$rustc" --version)"
target = "$target"
target_cpu = "mvp"
target_features = "$features"
RECIPE
