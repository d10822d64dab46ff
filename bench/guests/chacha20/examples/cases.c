// Prints the cases.toml of this guest, from native runs; fails if RFC 8439's example (section 2.4.2) does not come out.

#include <stdio.h>
#include <string.h>

void guest_main(void);
unsigned long long run(unsigned n);

static const unsigned char *input;
static unsigned length, position, written;
static unsigned char output[4096];

unsigned input_len(void) { return length; }
void read_input(void *at, unsigned len) { memcpy(at, input + position, len), position += len; }
void commit(const void *at, unsigned len) { memcpy(output + written, at, len), written += len; }

static void hex(const char *name, const unsigned char *bytes, unsigned len) {
  printf("%s = \"", name);
  for (unsigned i = 0; i < len; i++) printf("%02x", bytes[i]);
  puts("\"");
}

int main(void) {
  static const unsigned blocks[] = {0, 1, 2, 16, 1000};
  static const unsigned lengths[] = {0, 1, 63, 64, 65, 114};
  static const char text[] =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
  unsigned char message[44 + sizeof text] = {0};
  for (int i = 0; i < 32; i++) message[i] = i;
  message[39] = 0x4a;
  memcpy(message + 44, text, sizeof text);
  puts("# Expected outputs from native runs of this guest; written by its `examples/cases.c`.");
  for (unsigned i = 0; i < sizeof blocks / sizeof *blocks; i++)
    printf("\n[[case]]\ninvoke = \"run\"\nargs = [\"%u\"]\nresults = [\"%lld\"]\n", blocks[i], (long long)run(blocks[i]));
  for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    input = message, length = 44 + lengths[i], position = written = 0;
    guest_main();
    puts("\n[[case]]\ninvoke = \"main\"\nargs = []\nresults = []");
    hex("input_hex", message, length);
    hex("output_hex", output, written);
  }
  return memcmp(output, "\x6e\x2e\x35\x9a\x25\x68\xf9\x80", 8) || output[113] != 0x4d;
}
