// zlib: inflateInit2 and deflateInit2 are macros, which Swift can't call.
#pragma once
#include <zlib.h>

/// Starts reading gzip members (31 = 15 window bits, gzip header).
static inline int cardlink_inflate_start(z_streamp stream) { return inflateInit2(stream, 31); }

/// Starts writing a gzip member without a time or a name, so that equal bytes give equal files.
static inline int cardlink_deflate_start(z_streamp stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
}
