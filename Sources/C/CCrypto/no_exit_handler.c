#include "shim.h"

// OpenSSL's exit handler frees every thread's data. A thread that ends at the same time frees its data again, which
// aborts the process. The kernel takes back all memory anyway. This must precede every other call of OpenSSL, also
// those of libcurl and libwebsockets, so it runs before main.
__attribute__((constructor)) static void start_without_exit_handler(void) {
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}
