#!/usr/bin/env bash
# Rebuilds guests: bench/guests/build.sh [--cases] [NAME...]      (all of them without NAME)
#
# Writes NAME/NAME.wasm and its record in recipes.toml; with --cases also NAME/cases.toml, from native runs. RUSTC and
# CARGO name the compiler and cargo, as usual; README.md says what the compiler must have. The flags here are the whole
# recipe: WASM MVP with sign extension, bulk memory and mutable globals, a 64 KiB stack, symbol names without hashes,
# and no path of this machine in the module.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
here=$PWD
rustc=${RUSTC:-rustc} cargo=${CARGO:-cargo} target=wasm32-unknown-unknown cpu=mvp
features=+sign-ext,+bulk-memory,+mutable-globals
guests=$(for d in */*.wasm; do dirname "$d"; done)

cases=
if [ "${1:-}" = --cases ]; then cases=1; shift; fi
[ $# -gt 0 ] || set -- $guests

remap="--remap-path-prefix=$("$rustc" --print sysroot)=rust --remap-path-prefix=$here=guests"
for d in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do remap="$remap --remap-path-prefix=$d=crates"; done
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-C target-cpu=$cpu -C target-feature=$features \
  -C link-arg=-zstack-size=65536 -C symbol-mangling-version=v0 -C link-arg=--demangle $remap"
export CARGO_TARGET_DIR=$here/target
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS

# The record of guest $1 as it is now.
record() {
  cat <<RECORD

[$1]
wasm = "$1/$1.wasm"
sha256 = "$(sha256sum < "$1/$1.wasm" | cut -d' ' -f1)"
rustc = "$("$rustc" --version)"
target = "$target"
target_cpu = "$cpu"
target_features = "$features"
command = "./build.sh $1"
RECORD
}

for name; do
  ( cd "$name"
    "$cargo" rustc -q --locked --lib --release --target $target --crate-type cdylib
    cp "$CARGO_TARGET_DIR/$target/release/guest_$name.wasm" "$name.wasm"
    chmod 644 "$name.wasm"
    if [ -n "$cases" ]; then
      "$cargo" run -q --locked --release --example cases > "$CARGO_TARGET_DIR/cases.toml"
      mv "$CARGO_TARGET_DIR/cases.toml" cases.toml
    fi )
  record "$name" > "target/$name.recipe"
done

# Records of guests that were not rebuilt stay as they are.
{
  echo "# How each .wasm was made; written by build.sh. The command runs in this folder."
  for name in $guests; do
    if [ -e "target/$name.recipe" ]; then
      cat "target/$name.recipe" && rm "target/$name.recipe"
    else
      awk -v head="[$name]" '$0 == head { print ""; on = 1 } on && $0 == "" { exit } on' recipes.toml
    fi
  done
} > target/recipes.toml
mv target/recipes.toml recipes.toml
