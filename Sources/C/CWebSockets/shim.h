// libwebsockets 4.1: wrappers for what Swift can't express: callback tables, buffers with LWS_PRE headroom, in-out buffers.
#pragma once
#include <libwebsockets.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/// One context with one virtual host; its tables must live as long as the context.
struct cws_service {
    struct lws_context *_Nullable context;
    struct lws_vhost *_Nullable vhost;
    lws_retry_bo_t policy;
    struct lws_protocols protocols[2];
};

struct cws_options {
    const char *_Nullable ca_file;
    int is_client;
    /// In seconds, for connecting and again for the handshake.
    int timeout;
    size_t receive_size;
};

/// Serializes creating and destroying contexts: the library shares some global state between them without a lock.
static inline pthread_mutex_t *_Nonnull cws_gate(void) {
    static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    return &gate;
}

static inline void cws_free(struct cws_service *_Nonnull service) {
    if (service->context) lws_context_destroy(service->context);
    free(service);
}

static inline void cws_stop(struct cws_service *_Nonnull service) {
    pthread_mutex_lock(cws_gate());
    cws_free(service);
    pthread_mutex_unlock(cws_gate());
}

static inline struct cws_service *_Nullable cws_start(
    lws_callback_function *_Nonnull callback, void *_Nonnull user, const struct cws_options *_Nonnull options) {
    struct cws_service *service = calloc(1, sizeof *service);
    if (!service) return NULL;
    // The caller sends pings; these values only have to exceed its deadlines.
    service->policy.secs_since_valid_ping = 65500;
    service->policy.secs_since_valid_hangup = 65530;
    service->protocols[0].name = "jetbridge";
    service->protocols[0].callback = callback;
    service->protocols[0].rx_buffer_size = options->receive_size;

    struct lws_context_creation_info info;
    memset(&info, 0, sizeof info);
    info.port = options->is_client ? CONTEXT_PORT_NO_LISTEN : CONTEXT_PORT_NO_LISTEN_SERVER;
    info.protocols = service->protocols;
    info.retry_and_idle_policy = &service->policy;
    info.user = user;
    info.gid = (int)-1;
    info.uid = (int)-1;
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_NO_LWS_SYSTEM_STATES;
    if (options->is_client) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        // The whole handshake is written there. The default of 4 KiB is less than browsers' cookies may have.
        info.pt_serv_buf_size = 16 * 1024;
    }
    info.client_ssl_ca_filepath = options->ca_file;
    if (options->timeout > 0) {
        info.timeout_secs = (unsigned int)options->timeout;
        info.connect_timeout_secs = (unsigned int)options->timeout;
    }
    pthread_mutex_lock(cws_gate());
    service->context = lws_create_context(&info);
    if (service->context) service->vhost = lws_create_vhost(service->context, &info);
    if (!service->vhost) {
        cws_free(service);
        service = NULL;
    }
    pthread_mutex_unlock(cws_gate());
    return service;
}

/// Waits for events and handles them.
static inline void cws_turn(struct cws_service *_Nonnull service) { (void)lws_service(service->context, 0); }

/// Makes the current or next turn return. Legal on any thread while the context exists.
static inline void cws_wake(struct cws_service *_Nonnull service) { lws_cancel_service(service->context); }

/// Takes over a connected socket whose first bytes have been read. NULL if it was closed.
static inline struct lws *_Nullable cws_adopt(
    struct cws_service *_Nonnull service, int socket, const void *_Nonnull bytes, size_t count) {
    return lws_adopt_socket_vhost_readbuf(service->vhost, socket, (const char *)bytes, count);
}

struct cws_target {
    const char *_Nonnull address;
    const char *_Nonnull host;
    const char *_Nonnull path;
    const char *_Nullable subprotocols;
    int port;
    int is_secure;
};

/// Starts connecting; name resolution blocks. `tag` becomes the connection's opaque user data. Redirects aren't followed,
/// because the new host would get the headers.
static inline struct lws *_Nullable cws_connect(
    struct cws_service *_Nonnull service, const struct cws_target *_Nonnull target, void *_Nonnull tag) {
    struct lws_client_connect_info info;
    memset(&info, 0, sizeof info);
    info.context = service->context;
    info.vhost = service->vhost;
    info.address = target->address;
    info.host = target->host;
    info.path = target->path;
    info.protocol = target->subprotocols;
    info.local_protocol_name = service->protocols[0].name;
    info.port = target->port;
    info.ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT | (target->is_secure ? LCCSCF_USE_SSL : 0);
    info.ietf_version_or_minus_one = -1;
    info.opaque_user_data = tag;
    info.retry_and_idle_policy = &service->policy;
    return lws_client_connect_via_info(&info);
}

/// The `user` passed to cws_start.
static inline void *_Nullable cws_user(struct lws *_Nonnull wsi) { return lws_context_user(lws_get_context(wsi)); }

/// Writes `count` bytes; the library uses the `LWS_PRE` bytes before `bytes`.
static inline int cws_write(struct lws *_Nonnull wsi, void *_Nonnull bytes, size_t count, int kind) {
    return lws_write(wsi, (unsigned char *)bytes, count, (enum lws_write_protocol)kind);
}

/// The flags of a message fragment.
static inline int cws_kind(int is_text, int is_first, int is_last) {
    int kind = is_first ? (is_text ? LWS_WRITE_TEXT : LWS_WRITE_BINARY) : LWS_WRITE_CONTINUATION;
    return is_last ? kind : kind | LWS_WRITE_NO_FIN;
}

static inline size_t cws_headroom(void) { return LWS_PRE; }

static inline void cws_set_close(struct lws *_Nonnull wsi, int code, const void *_Nullable reason, size_t count) {
    lws_close_reason(wsi, (enum lws_close_status)code, (unsigned char *)reason, count);
}

/// Ends the connection at once, from the loop, whatever is still to be sent.
static inline void cws_end(struct lws *_Nonnull wsi) {
    lws_set_timeout(wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
}

/// The end of the room for headers in LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER, whose `length` is the room before the
/// first one: take it once, then add headers.
static inline const void *_Nonnull cws_header_end(void *_Nonnull in, size_t length) {
    return *(unsigned char **)in + length;
}

/// Adds a header to a client's handshake; nonzero if it doesn't fit. `name` ends with a colon.
static inline int cws_add_header(
    struct lws *_Nonnull wsi, void *_Nonnull in, const void *_Nonnull end, const char *_Nonnull name,
    const char *_Nonnull value) {
    unsigned char **position = (unsigned char **)in, *limit = (unsigned char *)end;
    size_t length = strlen(value);
    // The library takes the length as an int.
    if (*position > limit || length > (size_t)(limit - *position)) return 1;
    return lws_add_http_header_by_name(
        wsi, (const unsigned char *)name, (const unsigned char *)value, (int)length, position, limit);
}

/// Adds a complete header line to a server's 101, in LWS_CALLBACK_ADD_HEADERS.
static inline void cws_add_line(void *_Nonnull in, const void *_Nonnull line, size_t length) {
    struct lws_process_html_args *args = (struct lws_process_html_args *)in;
    // The library doesn't set `len` in this callback.
    if ((int)length > args->max_len) return;
    memcpy(args->p, line, length);
    args->p += length;
}

/// Copies the server's chosen subprotocol and returns its length; 0 if there is none.
static inline int cws_subprotocol(struct lws *_Nonnull wsi, char *_Nonnull buffer, int size) {
    int length = lws_hdr_copy(wsi, buffer, size, WSI_TOKEN_PROTOCOL);
    return length > 0 ? length : 0;
}

/// Sends error messages, and only those, to `emit`.
static inline void cws_set_log(void (*_Nonnull emit)(int level, const char *_Nullable line)) {
    lws_set_log_level(LLL_ERR, emit);
}
