#!/usr/bin/env bash
# Prints the cases.toml of this guest: cases.sh PROGRAM, natively built.
set -euo pipefail
program=$1 name=words
. "$(dirname "$0")/../../wasi-cases.sh"
guest_case ''
guest_case 'one'
guest_case 'The cat and the dog and the bird.' 3
guest_case 'Größe, größe! ÀÉ' 1
guest_case 'x' many
guest_case $'\xff'
guest_case "$(for i in $(seq 1 200); do printf 'word%d word%d ' $((i % 7)) $((i * i % 31)); done)"
