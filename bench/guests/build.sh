#!/usr/bin/env bash
# Rebuilds guests: bench/guests/build.sh [--cases] [NAME...]      (all of them without NAME)
#
# Writes NAME/NAME.wasm and its record in recipes.toml; with --cases also NAME/cases.toml, from native runs. README.md says
# what RUSTC, CARGO, CLANG and ASC must be. The flags here are the whole recipe: WASM MVP with sign extension, bulk memory
# and mutable globals (SIMD where a C program has vectors), a 64 KiB stack, symbol names without hashes, and no path of
# this machine in the module.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
here=$PWD
rustc=${RUSTC:-rustc} cargo=${CARGO:-cargo} clang=${CLANG:-clang-19} asc=${ASC:-npx asc}
wasi_libc=${WASI_LIBC:-/usr/lib/wasm32-wasi}
cpu=mvp features=+sign-ext,+bulk-memory,+mutable-globals
guests=$(for d in */*.wasm; do dirname "$d"; done)

cases=
if [ "${1:-}" = --cases ]; then cases=1; shift; fi
[ $# -gt 0 ] || set -- $guests

remap="--remap-path-prefix=$("$rustc" --print sysroot)=rust --remap-path-prefix=$here=guests"
for d in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do remap="$remap --remap-path-prefix=$d=crates"; done
rustflags="-C target-cpu=$cpu -C target-feature=$features \
  -C link-arg=-zstack-size=65536 -C symbol-mangling-version=v0 -C link-arg=--demangle $remap"
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=$rustflags
export CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS="$rustflags -C link-self-contained=no -L$wasi_libc \
  -C link-arg=$wasi_libc/crt1-command.o"
export CARGO_TARGET_DIR=$here/target
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
mkdir -p target/native

# How guest $1 is made: by what its folder holds.
kind() {
  if [ -e "$1/src/lib.rs" ]; then echo rust
  elif [ -e "$1/src/main.rs" ]; then echo rust-wasi
  elif [ -e "$1/assembly/$1.ts" ]; then echo assemblyscript
  elif grep -q '^int main' "$1/src/$1.c"; then echo c-wasi
  else echo c
  fi
}

build() {
  local c_flags="-O2 -mcpu=$cpu -msign-ext -mbulk-memory -mmutable-globals -fuse-ld=lld -Wl,-z,stack-size=65536,--strip-debug"
  if grep -qs vector_size "$1/src/$1.c"; then c_flags="$c_flags -msimd128"; fi
  case $(kind "$1") in
    rust)
      ( cd "$1" && "$cargo" rustc -q --locked --lib --release --target wasm32-unknown-unknown --crate-type cdylib )
      cp "target/wasm32-unknown-unknown/release/guest_$1.wasm" "$1/$1.wasm" ;;
    rust-wasi)
      ( cd "$1" && RUSTC_BOOTSTRAP=1 "$cargo" build -q --locked --release --target wasm32-wasip1 \
          -Zbuild-std=std,panic_abort -Zbuild-std-features= )
      cp "target/wasm32-wasip1/release/guest-$1.wasm" "$1/$1.wasm" ;;
    c)
      $clang --target=wasm32-unknown-unknown $c_flags -nostdlib -Wl,--no-entry -Wl,--export-if-defined=run \
        "$1/src/$1.c" -o "$1/$1.wasm" ;;
    c-wasi)
      $clang --target=wasm32-wasi $c_flags "$1/src/$1.c" -o "$1/$1.wasm" ;;
    assemblyscript)
      ( cd "$1" && $asc "assembly/$1.ts" -O3 --runtime incremental --disable bulk-memory --disable nontrapping-f2i \
          --use abort= --debug -o "$1.wasm" && rm -f "$1.wasm.map" ) ;;
  esac
  chmod 644 "$1/$1.wasm"
}

# The cases of guest $1, from native runs.
cases() {
  case $(kind "$1") in
    rust) ( cd "$1" && "$cargo" run -q --locked --release --example cases ) ;;
    rust-wasi)
      "$cargo" build -q --locked --release --manifest-path "$1/Cargo.toml" && "$1/examples/cases.sh" "target/release/guest-$1" ;;
    c) $clang -O2 -Wno-psabi "$1/src/$1.c" "$1/examples/cases.c" -o "target/native/$1" && "target/native/$1" ;;
    c-wasi) $clang -O2 "$1/src/$1.c" -o "target/native/$1" && "$1/examples/cases.sh" "target/native/$1" ;;
    assemblyscript) node "$1/examples/cases.mjs" ;;
  esac
}

# The record of guest $1 as it is now.
record() {
  printf '\n[%s]\nwasm = "%s"\nsha256 = "%s"\n' "$1" "$1/$1.wasm" "$(sha256sum < "$1/$1.wasm" | cut -d' ' -f1)"
  case $(kind "$1") in
    rust) printf 'rustc = "%s"\ntarget = "%s"\n' "$("$rustc" --version)" wasm32-unknown-unknown ;;
    rust-wasi) printf 'rustc = "%s"\ntarget = "%s"\n' "$("$rustc" --version)" wasm32-wasip1 ;;
    c) printf 'clang = "%s"\ntarget = "%s"\n' "$($clang -dumpversion)" wasm32-unknown-unknown ;;
    c-wasi) printf 'clang = "%s"\ntarget = "%s"\n' "$($clang -dumpversion)" wasm32-wasi ;;
    assemblyscript) printf 'asc = "%s"\n' "$( (cd "$1" && $asc --version) | cut -d' ' -f2)" ;;
  esac
  if [ "$(kind "$1")" != assemblyscript ]; then
    printf 'target_cpu = "%s"\ntarget_features = "%s"\n' "$cpu" \
      "$features$(if grep -qs vector_size "$1/src/$1.c"; then echo ,+simd128; fi)"
  fi
  printf 'command = "./build.sh %s"\n' "$1"
}

for name; do
  build "$name"
  if [ -n "$cases" ]; then
    cases "$name" > target/cases.toml
    mv target/cases.toml "$name/cases.toml"
  fi
  record "$name" > "target/$name.recipe"
done

# Records of guests that were not rebuilt stay as they are.
{
  echo "# How each .wasm was made; written by build.sh. The command runs in this folder."
  for name in $(for d in */*.wasm; do dirname "$d"; done); do
    if [ -e "target/$name.recipe" ]; then
      cat "target/$name.recipe" && rm "target/$name.recipe"
    else
      awk -v head="[$name]" '$0 == head { print ""; on = 1 } on && $0 == "" { exit } on' recipes.toml
    fi
  done
} > target/recipes.toml
mv target/recipes.toml recipes.toml
