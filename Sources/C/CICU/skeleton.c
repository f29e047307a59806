#include "skeleton.h"

#include <dlfcn.h>
#include <pthread.h>
#include <unicode/uspoof.h>

// ICU renames its functions by its version: uspoof_open_72.
#define TEXT_OF(name) #name
#define TEXT(name) TEXT_OF(name)

typedef USpoofChecker *(*Opening)(UErrorCode *);
typedef int32_t (*Skeleton)(
    const USpoofChecker *, uint32_t, const UChar *, int32_t, UChar *, int32_t, UErrorCode *);

static pthread_once_t once = PTHREAD_ONCE_INIT;
static USpoofChecker *checker;
static Skeleton skeleton;

// libicui18n comes with libicuuc, in one package. It is loaded when it is first needed: linked, it would take time at each
// start of the program. A checker is not changed after it was opened, so threads may share it.
static void load(void) {
    void *library = dlopen("libicui18n.so." TEXT(U_ICU_VERSION_MAJOR_NUM), RTLD_NOW | RTLD_LOCAL);
    if (!library) { return; }
    Opening opening = (Opening)dlsym(library, TEXT(uspoof_open));
    skeleton = (Skeleton)dlsym(library, TEXT(uspoof_getSkeleton));
    UErrorCode status = U_ZERO_ERROR;
    if (opening && skeleton) { checker = opening(&status); }
    if (U_FAILURE(status)) { checker = NULL; }
}

int32_t cicu_skeleton(const uint16_t *text, int32_t length, uint16_t *result, int32_t capacity) {
    pthread_once(&once, load);
    if (!checker) { return -1; }
    UErrorCode status = U_ZERO_ERROR;
    int32_t count = skeleton(checker, 0, (const UChar *)text, length, (UChar *)result, capacity, &status);
    return U_FAILURE(status) ? -1 : count;
}
