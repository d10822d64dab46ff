// Prints the cases.toml of this guest, from native runs; a result is recorded as the integer of the same bits.

#include <stdio.h>
#include <string.h>

double run(unsigned n);

int main(void) {
  static const unsigned steps[] = {0, 1, 2, 10, 100, 1000, 50000};
  puts("# Expected outputs from native runs of this guest; written by its `examples/cases.c`.");
  for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++) {
    double result = run(steps[i]);
    long long bits;
    memcpy(&bits, &result, sizeof bits);
    printf("\n[[case]]\ninvoke = \"run\"\nargs = [\"%u\"]\nresults = [\"%lld\"] # %.9f\n", steps[i], bits, result);
  }
}
