// Like saslprep.h, this names no type of ICU.
#pragma once
#include <stdint.h>

/// The skeleton of UTF-16 text (UTS 39): texts that look alike have the same one. Returns its length, or -1 if it exceeds
/// `capacity` or ICU's library for it is missing.
int32_t cicu_skeleton(
    const uint16_t *_Nonnull text, int32_t length, uint16_t *_Nonnull result, int32_t capacity);
