// Names no type of ICU: Foundation carries its own copy of ICU, whose types have the same names and other contents, and
// the compiler refuses a program that sees both.
#pragma once
#include <stdint.h>

/// Prepares UTF-16 text by SASLprep (RFC 4013) as a stored string. Returns the length of the result, or -1 if the text
/// contains something that the profile prohibits or if the result exceeds `capacity`.
int32_t cicu_saslprep(
    const uint16_t *_Nonnull text, int32_t length, uint16_t *_Nonnull result, int32_t capacity);
