#pragma once
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

// Macros of OpenSSL, which Swift does not see.
static inline long ctls_set_server_name(SSL *_Nonnull ssl, const char *_Nonnull name) {
    return SSL_set_tlsext_host_name(ssl, name);
}

static inline long ctls_require_tls12(SSL_CTX *_Nonnull context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

static inline long ctls_release_buffers(SSL_CTX *_Nonnull context) {
    return SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}
