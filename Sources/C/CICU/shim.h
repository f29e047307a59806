// ICU renames its functions with macros, which Swift does not import.
#pragma once
#include <unicode/usprep.h>

/// Prepares UTF-16 text by SASLprep (RFC 4013) as a stored string. Returns the length of the result, or -1 if the text
/// contains something that the profile prohibits or if the result exceeds `capacity`.
static inline int32_t cicu_saslprep(
    const uint16_t *_Nonnull text, int32_t length, uint16_t *_Nonnull result, int32_t capacity)
{
    UErrorCode status = U_ZERO_ERROR;
    UStringPrepProfile *profile = usprep_openByType(USPREP_RFC4013_SASLPREP, &status);
    if (U_FAILURE(status)) { return -1; }
    int32_t count = usprep_prepare(
        profile, (const UChar *)text, length, (UChar *)result, capacity, USPREP_DEFAULT, NULL, &status);
    usprep_close(profile);
    return U_FAILURE(status) ? -1 : count;
}
