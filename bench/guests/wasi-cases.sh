# Sourced by a guest's examples/cases.sh: `guest_case INPUT ARGS...` runs "$program" natively on the text INPUT and prints
# the case. Bytes are hexadecimal, so that every case reads the same. The name a program is called by is its guest's.
echo "# Expected outputs from native runs of this guest; written by its \`examples/cases.sh\`."

guest_case() {
  local input=$1 dir code=0
  shift
  dir=$(mktemp -d)
  printf '%s' "$input" > "$dir/in"
  "$program" "$@" < "$dir/in" > "$dir/out" 2> "$dir/err" || code=$?
  printf '\n[[case]]\ninvoke = "_start"\nargs = []\nresults = []\n[case.wasi]\nargs = ['
  printf '"%s"' "$name"
  if [ $# -gt 0 ]; then printf ', "%s"' "$@"; fi
  printf ']\nstdin_hex = "%s"\n' "$(od -An -v -tx1 "$dir/in" | tr -d ' \n')"
  printf 'stdout_hex = "%s"\nstderr_hex = "%s"\n' "$(od -An -v -tx1 "$dir/out" | tr -d ' \n')" \
    "$(od -An -v -tx1 "$dir/err" | tr -d ' \n')"
  printf 'exit = %s\n' "$code"
  rm -r "$dir"
}
