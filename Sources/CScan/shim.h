// Finds delimiters, line ends and quotes in 64 bytes at once, one bit a byte.
// The compiler doesn't turn portable SIMD comparisons into a movemask instruction, so those that every x86-64 and
// every 64-bit ARM processor has are used here; elsewhere a loop does the same.
#pragma once
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
static inline uint64_t cardlink_equal16(__m128i bytes, __m128i a, __m128i b, __m128i c) {
  __m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, a), _mm_cmpeq_epi8(bytes, b)), _mm_cmpeq_epi8(bytes, c));
  return (uint64_t)(uint32_t)_mm_movemask_epi8(hit);
}
/// One bit for each of the 64 bytes at `p` that equals `a`, `b` or `c`; the first byte is the lowest bit.
static inline uint64_t cardlink_equal64(const uint8_t *p, uint8_t a, uint8_t b, uint8_t c) {
  __m128i va = _mm_set1_epi8((char)a), vb = _mm_set1_epi8((char)b), vc = _mm_set1_epi8((char)c);
  const __m128i *v = (const __m128i *)p;
  return cardlink_equal16(_mm_loadu_si128(v), va, vb, vc)
    | cardlink_equal16(_mm_loadu_si128(v + 1), va, vb, vc) << 16
    | cardlink_equal16(_mm_loadu_si128(v + 2), va, vb, vc) << 32
    | cardlink_equal16(_mm_loadu_si128(v + 3), va, vb, vc) << 48;
}
#elif defined(__aarch64__)
#include <arm_neon.h>
static inline uint8x16_t cardlink_equal16(uint8x16_t bytes, uint8x16_t a, uint8x16_t b, uint8x16_t c) {
  return vorrq_u8(vorrq_u8(vceqq_u8(bytes, a), vceqq_u8(bytes, b)), vceqq_u8(bytes, c));
}
/// One bit for each of the 64 bytes at `p` that equals `a`, `b` or `c`; the first byte is the lowest bit.
static inline uint64_t cardlink_equal64(const uint8_t *p, uint8_t a, uint8_t b, uint8_t c) {
  static const uint8_t weights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  uint8x16_t weight = vld1q_u8(weights), va = vdupq_n_u8(a), vb = vdupq_n_u8(b), vc = vdupq_n_u8(c);
  uint8x16_t m0 = vandq_u8(cardlink_equal16(vld1q_u8(p), va, vb, vc), weight);
  uint8x16_t m1 = vandq_u8(cardlink_equal16(vld1q_u8(p + 16), va, vb, vc), weight);
  uint8x16_t m2 = vandq_u8(cardlink_equal16(vld1q_u8(p + 32), va, vb, vc), weight);
  uint8x16_t m3 = vandq_u8(cardlink_equal16(vld1q_u8(p + 48), va, vb, vc), weight);
  uint8x16_t sum = vpaddq_u8(vpaddq_u8(m0, m1), vpaddq_u8(m2, m3));
  sum = vpaddq_u8(sum, sum);
  return vgetq_lane_u64(vreinterpretq_u64_u8(sum), 0);
}
#else
/// One bit for each of the 64 bytes at `p` that equals `a`, `b` or `c`; the first byte is the lowest bit.
static inline uint64_t cardlink_equal64(const uint8_t *p, uint8_t a, uint8_t b, uint8_t c) {
  uint64_t bits = 0;
  for (int i = 0; i < 64; i++) bits |= (uint64_t)(p[i] == a || p[i] == b || p[i] == c) << i;
  return bits;
}
#endif

/// The position of the lowest bit of `bits`; undefined for zero.
static inline uint32_t cardlink_lowest(uint64_t bits) { return (uint32_t)__builtin_ctzll(bits | (uint64_t)1 << 63); }

/// Writes the offset of every byte of `text[from..<to]` that equals `a`, `b` or `c` to `positions`, ascending.
/// `positions` has room for `to - from` and 64 more. Returns how many were written.
static inline uint32_t cardlink_positions(
  const uint8_t *text, uint32_t from, uint32_t to, uint8_t a, uint8_t b, uint8_t c, uint32_t *positions
) {
  uint32_t count = 0;
  uint32_t at = from;
  while (at < to) {
    uint64_t bits;
    if (to - at >= 64) {
      bits = cardlink_equal64(text + at, a, b, c);
    } else {
      // Copy the last bytes of the text, so that no byte after it is read.
      uint8_t rest[64] = {0};
      memcpy(rest, text + at, to - at);
      bits = cardlink_equal64(rest, a, b, c) & (((uint64_t)1 << (to - at)) - 1);
    }
    // Their number is unpredictable: always write eight, and overwrite the surplus.
    uint32_t more = (uint32_t)__builtin_popcountll(bits);
    uint32_t *next = positions + count;
    count += more;
    do {
      for (int i = 0; i < 8; i++) {
        next[i] = at + cardlink_lowest(bits);
        bits &= bits - 1;
      }
      next += 8;
    } while (bits);
    at += 64;
  }
  return count;
}

/// How many bytes of `text[0..<count]` equal `a`.
static inline uint64_t cardlink_count(const uint8_t *text, uint64_t count, uint8_t a) {
  uint64_t found = 0, at = 0;
#if defined(__SSE2__)
  // One counter a byte, each of 16, added up before it overflows.
  const __m128i wanted = _mm_set1_epi8((char)a), zero = _mm_setzero_si128();
  while (at + 16 <= count) {
    uint64_t blocks = (count - at) / 16 < 255 ? (count - at) / 16 : 255;
    __m128i sums = zero;
    for (uint64_t i = 0; i < blocks; i++, at += 16)
      sums = _mm_sub_epi8(sums, _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(text + at)), wanted));
    sums = _mm_sad_epu8(sums, zero);
    found += (uint64_t)_mm_cvtsi128_si64(sums) + (uint64_t)_mm_cvtsi128_si64(_mm_srli_si128(sums, 8));
  }
#else
  for (; at + 64 <= count; at += 64) found += (uint64_t)__builtin_popcountll(cardlink_equal64(text + at, a, a, a));
#endif
  for (; at < count; at++) found += text[at] == a;
  return found;
}

/// Kinds of bytes in a text besides ordinary ASCII.
enum { cardlink_high = 1, cardlink_special = 2, cardlink_control = 4 };

/// How many of the `count` bytes at `text` come before the first `<`, or all. Sets `kinds` to the kinds among them: bytes
/// outside ASCII, `&` or `]`, bytes below a blank.
static inline uint64_t cardlink_text(const uint8_t *text, uint64_t count, uint32_t *kinds) {
  uint64_t at = 0;
  uint32_t seen = 0;
#if defined(__SSE2__)
  const __m128i less = _mm_set1_epi8('<'), ampersand = _mm_set1_epi8('&'), bracket = _mm_set1_epi8(']');
  const __m128i lowest = _mm_set1_epi8(0x1F);
  for (; at + 16 <= count; at += 16) {
    __m128i v = _mm_loadu_si128((const __m128i *)(text + at));
    uint32_t end = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, less));
    uint32_t before = end ? (end & (0 - end)) - 1 : 0xFFFF;
    uint32_t high = (uint32_t)_mm_movemask_epi8(v);
    uint32_t special = (uint32_t)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, ampersand), _mm_cmpeq_epi8(v, bracket)));
    uint32_t control = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(v, lowest), v));
    seen |= (high & before ? cardlink_high : 0) | (special & before ? cardlink_special : 0) | (control & before ? cardlink_control : 0);
    if (end) {
      *kinds = seen;
      return at + (uint32_t)__builtin_ctz(end);
    }
  }
#endif
  for (; at < count && text[at] != '<'; at++) {
    uint8_t byte = text[at];
    seen |= (byte >= 0x80 ? cardlink_high : 0) | (byte == '&' || byte == ']' ? cardlink_special : 0) | (byte < 0x20 ? cardlink_control : 0);
  }
  *kinds = seen;
  return at;
}

/// Whether the `count` bytes at `a` and `b` are equal; eight more bytes of each must be readable.
static inline int cardlink_same(const uint8_t *a, const uint8_t *b, uint64_t count) {
  uint64_t x, y;
  while (count > 8) {
    memcpy(&x, a, 8);
    memcpy(&y, b, 8);
    if (x != y) return 0;
    a += 8, b += 8, count -= 8;
  }
  memcpy(&x, a, 8);
  memcpy(&y, b, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  return count == 0 || (x ^ y) << (64 - 8 * count) == 0;
#else
  return count == 0 || (x ^ y) >> (64 - 8 * count) == 0;
#endif
}

/// Prefetches the memory at `p`.
static inline void cardlink_prefetch(const void *p) { __builtin_prefetch(p); }
