// zlib for Swift: deflateInit2 is a macro.
#pragma once
#include <zlib.h>

/// Prepares a stream that produces a gzip file (RFC 1952) without name and time, so that equal input gives equal output.
static inline int czlib_gzip_init(z_stream *_Nonnull stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

/// Prepares a stream that reads a gzip file. inflateInit2 is a macro, too.
static inline int czlib_gunzip_init(z_stream *_Nonnull stream) { return inflateInit2(stream, 15 + 16); }
