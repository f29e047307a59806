// libcurl for Swift: typed versions of its variadic functions, and access to the union in CURLMsg.
#pragma once
#include <curl/curl.h>
#include <stdint.h>

// The parentheses bypass the type-checking macros of curl/typecheck-gcc.h, which require constants.
static inline CURLcode ccurl_set_long(CURL *_Nonnull easy, CURLoption option, long value) {
    return (curl_easy_setopt)(easy, option, value);
}
static inline CURLcode ccurl_set_offset(CURL *_Nonnull easy, CURLoption option, int64_t value) {
    return (curl_easy_setopt)(easy, option, (curl_off_t)value);
}
/// libcurl copies the text.
static inline CURLcode ccurl_set_text(CURL *_Nonnull easy, CURLoption option, const char *_Nullable value) {
    return (curl_easy_setopt)(easy, option, value);
}
static inline CURLcode ccurl_set_pointer(CURL *_Nonnull easy, CURLoption option, void *_Nullable value) {
    return (curl_easy_setopt)(easy, option, value);
}
/// For CURLOPT_WRITEFUNCTION, HEADERFUNCTION and READFUNCTION, whose types differ only in a const.
typedef size_t (*ccurl_transfer_function)(char *_Nonnull bytes, size_t size, size_t count, void *_Nonnull context);
static inline CURLcode ccurl_set_function(CURL *_Nonnull easy, CURLoption option, ccurl_transfer_function _Nonnull value) {
    return (curl_easy_setopt)(easy, option, value);
}

/// For CURLOPT_PREREQFUNCTION: called once connected, before the request is sent.
typedef int (*ccurl_connected_function)(
    void *_Nonnull context, char *_Nullable peer, char *_Nullable local, int peer_port, int local_port);
static inline CURLcode ccurl_set_connected_function(CURL *_Nonnull easy, ccurl_connected_function _Nonnull value) {
    return (curl_easy_setopt)(easy, CURLOPT_PREREQFUNCTION, value);
}

/// Calls `opened` with each new socket of a connection, and `closed` instead of closing it.
static inline CURLcode ccurl_set_socket_functions(
    CURL *_Nonnull easy, int (*_Nonnull opened)(void *_Nonnull context, curl_socket_t socket, curlsocktype purpose),
    int (*_Nonnull closed)(void *_Nonnull context, curl_socket_t socket), void *_Nonnull context) {
    (curl_easy_setopt)(easy, CURLOPT_SOCKOPTDATA, context);
    (curl_easy_setopt)(easy, CURLOPT_SOCKOPTFUNCTION, opened);
    (curl_easy_setopt)(easy, CURLOPT_CLOSESOCKETDATA, context);
    return (curl_easy_setopt)(easy, CURLOPT_CLOSESOCKETFUNCTION, closed);
}

/// Calls `open` with the address of each new connection, to make its socket; CURL_SOCKET_BAD refuses the address.
static inline CURLcode ccurl_set_open_function(
    CURL *_Nonnull easy,
    curl_socket_t (*_Nonnull open)(
        void *_Nonnull context, curlsocktype purpose, struct curl_sockaddr *_Nonnull address),
    void *_Nonnull context) {
    (curl_easy_setopt)(easy, CURLOPT_OPENSOCKETDATA, context);
    return (curl_easy_setopt)(easy, CURLOPT_OPENSOCKETFUNCTION, open);
}
/// The address itself, which may be longer than its type says.
static inline const struct sockaddr *_Nonnull ccurl_address(const struct curl_sockaddr *_Nonnull address) {
    return &address->addr;
}

static inline int64_t ccurl_get_long(CURL *_Nonnull easy, CURLINFO info) {
    long value = 0;
    return (curl_easy_getinfo)(easy, info, &value) == CURLE_OK ? value : 0;
}
static inline curl_socket_t ccurl_get_socket(CURL *_Nonnull easy) {
    curl_socket_t value = CURL_SOCKET_BAD;
    return (curl_easy_getinfo)(easy, CURLINFO_ACTIVESOCKET, &value) == CURLE_OK ? value : CURL_SOCKET_BAD;
}

static inline CURLMcode ccurl_multi_set_long(CURLM *_Nonnull multi, CURLMoption option, long value) {
    return (curl_multi_setopt)(multi, option, value);
}
static inline CURLMcode ccurl_multi_set_socket_function(
    CURLM *_Nonnull multi,
    int (*_Nonnull function)(CURL *_Nonnull, curl_socket_t, int, void *_Nullable, void *_Nullable),
    void *_Nullable context) {
    (curl_multi_setopt)(multi, CURLMOPT_SOCKETDATA, context);
    return (curl_multi_setopt)(multi, CURLMOPT_SOCKETFUNCTION, function);
}
static inline CURLMcode ccurl_multi_set_timer_function(
    CURLM *_Nonnull multi, int (*_Nonnull function)(CURLM *_Nonnull, long, void *_Nullable), void *_Nullable context) {
    (curl_multi_setopt)(multi, CURLMOPT_TIMERDATA, context);
    return (curl_multi_setopt)(multi, CURLMOPT_TIMERFUNCTION, function);
}

/// Takes the next finished transfer; NULL if there is none. Copies from the message, which is freed with the handle.
static inline CURL *_Nullable ccurl_multi_next_done(CURLM *_Nonnull multi, CURLcode *_Nonnull result) {
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &left)) != NULL;) {
        if (message->msg != CURLMSG_DONE) continue;
        *result = message->data.result;
        return message->easy_handle;
    }
    return NULL;
}
