#include "saslprep.h"

#include <unicode/usprep.h>

int32_t cicu_saslprep(const uint16_t *text, int32_t length, uint16_t *result, int32_t capacity) {
    UErrorCode status = U_ZERO_ERROR;
    UStringPrepProfile *profile = usprep_openByType(USPREP_RFC4013_SASLPREP, &status);
    if (U_FAILURE(status)) { return -1; }
    int32_t count = usprep_prepare(
        profile, (const UChar *)text, length, (UChar *)result, capacity, USPREP_DEFAULT, NULL, &status);
    usprep_close(profile);
    return U_FAILURE(status) ? -1 : count;
}
