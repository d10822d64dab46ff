// A calculator in reverse Polish notation: reads words from standard input, prints what `.` takes from the stack.
// Exits with 2 and a message when a word is unknown, the stack has too few numbers, or a number is divided by zero.
// With the argument -x it prints in hexadecimal; it ends with a line about its work.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long long u64;

static long long stack[64];
static int height;
static long words;

static void fail(const char *what, const char *word) {
  fprintf(stderr, "rpn: word %ld, `%s`: %s\n", words, word, what);
  exit(2);
}

static long long pop(const char *word) {
  if (height == 0) fail("the stack is empty", word);
  return stack[--height];
}

static void push(long long value, const char *word) {
  if (height == 64) fail("the stack is full", word);
  stack[height++] = value;
}

static void apply(const char *word) {
  long long b = pop(word), a = pop(word);
  switch (word[0]) {
  case '+': push((u64)a + b, word); break;
  case '-': push((u64)a - b, word); break;
  case '*': push((u64)a * b, word); break;
  default:
    if (b == 0) fail("division by zero", word);
    if (b == -1) push(word[0] == '/' ? -(u64)a : 0, word);
    else push(word[0] == '/' ? a / b : a % b, word);
  }
}

int main(int argc, char **argv) {
  const char *format = argc > 1 && strcmp(argv[1], "-x") == 0 ? "%#llx\n" : "%lld\n";
  char word[32];
  u64 sum = 0;
  while (scanf("%31s", word) == 1) {
    words++;
    if (strlen(word) == 1 && strchr("+-*/%", word[0])) {
      apply(word);
    } else if (strcmp(word, ".") == 0) {
      long long top = pop(word);
      sum += top;
      printf(format, top);
    } else {
      char *end;
      errno = 0;
      long long value = strtoll(word, &end, 0);
      if (*end || end == word || errno) fail("neither number nor operator", word);
      push(value, word);
    }
  }
  printf("%ld words, sum %.3f\n", words, (double)(long long)sum);
  return 0;
}
