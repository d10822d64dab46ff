#!/usr/bin/env bash
# Prints the cases.toml of this guest: cases.sh PROGRAM, natively built.
set -euo pipefail
program=$1 name=rpn
. "$(dirname "$0")/../../wasi-cases.sh"
guest_case ''
guest_case '1 2 + .'
guest_case '1 2 + . 7 3 % . -9 4 / .' -x
guest_case '3 4 * 5 6 * + . 0x10 07 - . 9223372036854775807 .'
guest_case '1 0 /'
guest_case '1 +'
guest_case '1 x'
guest_case "$(seq -s ' ' 1 60) $(printf ' +%.0s' {1..59}) ."
