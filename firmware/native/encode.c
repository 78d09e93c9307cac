/*
 * What protocol/codec/encode.ts encodeWords writes, in C for E.nativeCall: one function, no data, no constants in
 * memory, no library, no address. Equal bit for bit; test/firmware/native compares the two.
 *
 * Built by tools/firmware/native.ts.
 */
#include <stdint.h>

/* Espruino aligns what it hands out to two bytes: no instruction may ask for more, which "packed" tells the compiler. */
#define UNALIGNED __attribute__((packed, aligned(1)))
typedef struct UNALIGNED {
  uint16_t of;
} half;
typedef struct UNALIGNED {
  int32_t of;
} word;

/* The Int32Array that the caller fills; firmware/espruino/native.ts has the same order. */
struct UNALIGNED call {
  int32_t leads;
  int32_t count;
  int32_t bits;
  int32_t left;
  int32_t right;
  /* Of the count, the header's first two bits. */
  int32_t code;
  /* Bytes of the raw block. */
  int32_t raw;
  /* Room for `raw` + 16 bytes. */
  uint8_t *out;
  /* WORDS of protocol/codec/codes.ts. */
  const half *words;
  const word *lead[];
};

/* Unaligned too, though it stands on the stack: so that the build can refuse every aligned access. */
struct UNALIGNED sink {
  uint8_t *out;
  int32_t position;
  uint32_t acc;
  int32_t pending;
};

/* At most 24 bits, behind at most 7. */
static void put(struct sink *sink, uint32_t value, int32_t width) {
  uint32_t acc = (sink->acc << width) | (value & ((1u << width) - 1));
  int32_t n = sink->pending + width;
  while (n >= 8) {
    n -= 8;
    sink->out[sink->position++] = (uint8_t)(acc >> n);
  }
  sink->acc = acc;
  sink->pending = n;
}

static void put_header(struct sink *sink, const struct call *call, uint32_t raw) {
  put(sink, ((uint32_t)call->code << 1) | raw, 3);
  if (call->code == 3) put(sink, (uint32_t)call->count, 16);
}

static int32_t sample(const struct call *call, const word *words, int32_t t) {
  return (int32_t)((uint32_t)words[t].of << call->left) >> call->right;
}

enum { FLAT = -1, TOO_WILD = 16 };

static int32_t start_of(const struct call *call, const word *words) {
  int32_t first = sample(call, words, 0);
  int32_t last = first;
  int32_t before = 0;
  uint32_t sum = 0;
  int32_t t = 1;
  for (; t < call->count && t < 5; t++) {
    int32_t x = sample(call, words, t);
    int32_t d = x - last;
    last = x;
    sum += (uint32_t)(d < before ? before - d : d - before);
    before = d;
  }
  if (sum == 0) {
    while (t < call->count && sample(call, words, t) == first) t++;
    return t < call->count ? 0 : FLAT;
  }
  if (sum >> (call->bits - 2) > 1 && t > 4) return TOO_WILD;
  uint32_t reached = 3u * (uint32_t)(t - 1);
  int32_t level = 0;
  for (; reached <= 8 * sum && level < 15; level++) reached += reached;
  return level;
}

/* CONTEXT_OF of protocol/codec/tables.ts, reckoned: a table would need an address. */
static uint32_t context_of(uint32_t reduced) {
  if (reduced > 31) return 15;
  return reduced < 8 ? reduced : reduced < 16 ? 4 + reduced / 2 : 8 + reduced / 4;
}

/* False as soon as the block is no shorter than the raw one. */
static int32_t put_lead(struct sink *sink, const struct call *call, const word *words, int32_t level) {
  uint32_t s = (1u << level) - 1;
  int32_t last = sample(call, words, 0);
  int32_t before = 0;
  for (int32_t t = 1; t < call->count; t++) {
    int32_t x = sample(call, words, t);
    int32_t d = x - last;
    /* The predictor's sum wraps where samples have 24 bits. */
    int32_t r = d - ((int32_t)((uint32_t)before << 8) >> 8);
    last = x;
    before = d;
    uint32_t a = (uint32_t)(r < 0 ? -r : r);
    uint32_t u = r < 0 ? a + a - 1 : a + a;
    uint32_t k = 0;
    while (s >> k > 31 && k < 16) k++;
    const half *row = call->words + 32 * context_of(s >> k);
    uint32_t q = u >> k;
    uint32_t rest = u;
    if (q > 23) {
      uint32_t far = (q - 16) >> 3;
      q = 24;
      while (far > 1 && q < 31) {
        far >>= 1;
        q++;
      }
      if (q < 31) {
        rest = u - (16u << k);
        k += q - 21;
      } else k = 28;
    }
    put(sink, row[q].of >> 4, row[q].of & 15);
    if (k > 14) {
      k -= 14;
      put(sink, rest >> k, 14);
    }
    if (k > 14) {
      k -= 14;
      put(sink, rest >> k, 14);
    }
    put(sink, rest, (int32_t)k);
    if (sink->position >= call->raw) return 0;
    s += a - (s >> 2);
  }
  return 1;
}

static int32_t finish(struct sink *sink) {
  if (sink->pending > 0) put(sink, 0, 8 - sink->pending);
  return sink->position;
}

static int32_t put_coded(const struct call *call) {
  struct sink sink = {call->out, 0, 0, 0};
  put_header(&sink, call, 0);
  for (int32_t l = 0; l < call->leads; l++) {
    int32_t level = start_of(call, call->lead[l]);
    if (level == TOO_WILD) return 0;
    if (l > 0) put(&sink, 0, 1);
    if (level == FLAT) put(&sink, 15, 4);
    else put(&sink, 0x20u | (uint32_t)level, 8);
    put(&sink, (uint32_t)sample(call, call->lead[l], 0), call->bits);
    if (sink.position >= call->raw) return 0;
    if (level != FLAT && !put_lead(&sink, call, call->lead[l], level)) return 0;
  }
  int32_t length = finish(&sink);
  return length < call->raw ? length : 0;
}

static int32_t put_raw(const struct call *call) {
  struct sink sink = {call->out, 0, 0, 0};
  put_header(&sink, call, 1);
  put(&sink, 0, 5);
  for (int32_t l = 0; l < call->leads; l++)
    for (int32_t t = 0; t < call->count; t++)
      put(&sink, (uint32_t)sample(call, call->lead[l], t), call->bits);
  return finish(&sink);
}

/* Returns the length of the block. */
__attribute__((section(".entry"))) int32_t encode(const struct call *call) {
  int32_t length = put_coded(call);
  return length > 0 ? length : put_raw(call);
}
