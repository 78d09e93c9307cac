/*
 * Runs the encoder's blob under qemu-arm as E.nativeCall would: two bytes off a word's boundary, its arguments too.
 * Reads from stdin, again and again: leads, count, bits, left, right, code, raw (int32 each), then the words of every
 * lead; writes the length and the bytes of each block. The table of code words comes first. Ends at the end of stdin.
 */
#include <stdint.h>

#ifndef BLOB
#error "-DBLOB=\"file\""
#endif

__asm__(".section .rodata\n.balign 4\nblob: .incbin \"" BLOB "\"\nblob_end: .text\n");
extern const uint8_t blob[], blob_end[];

static long linux_call(long number, long a, long b, long c) {
  register long r7 __asm__("r7") = number;
  register long r0 __asm__("r0") = a;
  register long r1 __asm__("r1") = b;
  register long r2 __asm__("r2") = c;
  __asm__ volatile("svc 0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2) : "memory");
  return r0;
}

enum { EXIT = 1, READ = 3, WRITE = 4, MPROTECT = 125, RWX = 7 };

/* False at the end of stdin. */
static int take(void *to, long length) {
  uint8_t *at = to;
  while (length > 0) {
    long got = linux_call(READ, 0, (long)at, length);
    if (got <= 0) return 0;
    at += got;
    length -= got;
  }
  return 1;
}

static void give(const void *from, long length) {
  const uint8_t *at = from;
  while (length > 0) {
    long put = linux_call(WRITE, 1, (long)at, length);
    if (put <= 0) linux_call(EXIT, 2, 0, 0);
    at += put;
    length -= put;
  }
}

static uint8_t code[8192] __attribute__((aligned(4096)));
static uint8_t room[8 << 20] __attribute__((aligned(4)));

void __attribute__((noreturn, used)) begin(void) {
  uint8_t *at = code + 2;
  for (const uint8_t *from = blob; from < blob_end; from++) *at++ = *from;
  if (linux_call(MPROTECT, (long)code, sizeof code, RWX)) linux_call(EXIT, 3, 0, 0);
  __asm__ volatile("dsb\nisb");
  int32_t (*encode)(const void *) = (int32_t(*)(const void *))(code + 3);
  uint8_t *words = room + 2;
  if (!take(words, 1024)) linux_call(EXIT, 4, 0, 0);
  for (;;) {
    int32_t head[7];
    if (!take(head, sizeof head)) linux_call(EXIT, 0, 0, 0);
    uint8_t *call = words + 1024;
    uint8_t *lead = call + 4 * (9 + 255) + 4;
    uint8_t *out = lead + 4 * head[0] * head[1];
    long size = 4 * head[0] * head[1];
    if (!take(lead, size)) linux_call(EXIT, 5, 0, 0);
    struct __attribute__((packed)) {
      int32_t head[7];
      uint8_t *out, *words, *lead[255];
    } *given = (void *)call;
    for (int i = 0; i < 7; i++) given->head[i] = head[i];
    given->out = out;
    given->words = words;
    for (int l = 0; l < head[0]; l++) given->lead[l] = lead + 4 * l * head[1];
    for (int i = 0; i < 16; i++) out[head[6] + 16 + i] = 0xA5;
    int32_t length = encode(call);
    for (int i = 0; i < 16; i++)
      if (out[head[6] + 16 + i] != 0xA5) linux_call(EXIT, 6, 0, 0);
    give(&length, 4);
    give(out, length);
  }
}

__attribute__((naked)) void _start(void) { __asm__("b begin"); }
