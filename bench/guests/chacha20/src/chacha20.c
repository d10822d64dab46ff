// ChaCha20 (RFC 8439) with one vector per row of the state: a SIMD program.
// `main` encrypts the private input, after 32 bytes of key and 12 of nonce, from block 1 on, and commits the ciphertext;
// `run(n)` is a checksum over n blocks of key stream.

typedef unsigned char u8;
typedef unsigned u32;
typedef unsigned long long u64;
typedef u32 row __attribute__((vector_size(16)));

#ifdef __wasm__
#define HOST(name) __attribute__((import_module("zkc"), import_name(#name))) extern
#define EXPORT(name) __attribute__((export_name(#name)))
#else
#define HOST(name) extern
#define EXPORT(name)
#endif

HOST(input_len) u32 input_len(void);
HOST(read_input) void read_input(void *at, u32 len);
HOST(commit) void commit(const void *at, u32 len);

typedef union {
  row rows[4];
  u32 words[16];
  u8 bytes[64];
} Block;

static inline row rotl(row v, int n) { return v << n | v >> (32 - n); }

static inline void quarter_rounds(row *s) {
  s[0] += s[1], s[3] = rotl(s[3] ^ s[0], 16);
  s[2] += s[3], s[1] = rotl(s[1] ^ s[2], 12);
  s[0] += s[1], s[3] = rotl(s[3] ^ s[0], 8);
  s[2] += s[3], s[1] = rotl(s[1] ^ s[2], 7);
}

static void key_stream(const Block *state, Block *out) {
  row s[4] = {state->rows[0], state->rows[1], state->rows[2], state->rows[3]};
  for (int i = 0; i < 10; i++) {
    quarter_rounds(s);
    s[1] = __builtin_shufflevector(s[1], s[1], 1, 2, 3, 0);
    s[2] = __builtin_shufflevector(s[2], s[2], 2, 3, 0, 1);
    s[3] = __builtin_shufflevector(s[3], s[3], 3, 0, 1, 2);
    quarter_rounds(s);
    s[1] = __builtin_shufflevector(s[1], s[1], 3, 0, 1, 2);
    s[2] = __builtin_shufflevector(s[2], s[2], 2, 3, 0, 1);
    s[3] = __builtin_shufflevector(s[3], s[3], 1, 2, 3, 0);
  }
  for (int i = 0; i < 4; i++) out->rows[i] = s[i] + state->rows[i];
}

static const row CONSTANTS = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

EXPORT(main) void guest_main(void) {
  Block state = {{CONSTANTS}}, block, text;
  read_input(&state.bytes[16], 32);
  state.words[12] = 1;
  read_input(&state.bytes[52], 12);
  u32 left = input_len() - 44;
  while (left) {
    u32 n = left < 64 ? left : 64;
    read_input(text.bytes, n);
    key_stream(&state, &block);
    for (int i = 0; i < 4; i++) text.rows[i] ^= block.rows[i];
    commit(text.bytes, n);
    state.words[12]++;
    left -= n;
  }
}

EXPORT(run) u64 run(u32 n) {
  Block state = {{CONSTANTS, {1, 2, 3, 4}, {5, 6, 7, 8}}}, block;
  row sum = {0};
  for (u32 i = 0; i < n; i++) {
    key_stream(&state, &block);
    for (int r = 0; r < 4; r++) sum = (sum ^ block.rows[r]) * 0x9e3779b1;
    state.words[12]++;
  }
  return ((u64)(sum[0] ^ sum[1]) << 32) | (sum[2] ^ sum[3]);
}
