/* The only file that looks at OpenSSL's version.
 *
 * Every name below exists under the same spelling whatever the version; one
 * the library lacks is answered by a function that reports its absence.
 */
#ifndef BRISKTLS_COMPAT_H
#define BRISKTLS_COMPAT_H

#include <Python.h>
#ifdef _WIN32
#include <winsock2.h> /* struct timeval */
#else
#include <sys/time.h>
#endif
#include <openssl/opensslv.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/comp.h>
#include <openssl/conf.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#ifndef OPENSSL_NO_CT
#include <openssl/ct.h>
#endif
#include <openssl/decoder.h>
#include <openssl/dh.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/params.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>
#include <openssl/store.h>
#include <openssl/tls1.h>
#include <openssl/ui.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#if OPENSSL_VERSION_NUMBER < 0x30000000L
#error "brisktls needs OpenSSL 3.0 or newer"
#endif

/* The groups of who has set none. */
static inline const char *brisk_default_groups(void)
{
    return OpenSSL_version_num() >= 0x30500000L
        ? "DEFAULT"
        : "X25519:P-256:X448:P-521:P-384:"
          "ffdhe2048:ffdhe3072:ffdhe4096:ffdhe6144:ffdhe8192";
}

/* The name of the group of the last key exchange, or NULL. */
static inline const char *brisk_group_name(SSL *ssl)
{
    if (SSL_get_session(ssl) == NULL)
        return NULL; /* looked into without asking (SSL_get0_group_name, 3.5 and 4.0) */
#if OPENSSL_VERSION_NUMBER >= 0x30200000L
    return SSL_get0_group_name(ssl);
#else
    int id = (int)SSL_get_negotiated_group(ssl);
    return id == 0 || id == NID_undef ? NULL : SSL_group_to_name(ssl, id);
#endif
}

/* The name of the compression in use, or NULL: nearly always, and where it was left out. */
static inline const char *brisk_compression_name(const SSL *ssl)
{
#ifdef OPENSSL_NO_COMP
    (void)ssl;
    return NULL;
#else
    const COMP_METHOD *method = SSL_get_current_compression(ssl);
    int kind = method == NULL ? NID_undef : COMP_get_type(method);
    return kind == NID_undef ? NULL : OBJ_nid2sn(kind);
#endif
}

/* How many certificates and CRLs a store holds; -1 when there is no memory to count. */
static inline int brisk_store_size(X509_STORE *store)
{
    int count;
#if OPENSSL_VERSION_NUMBER >= 0x40000000L
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get1_objects(store);
    if (objects == NULL)
        return -1;
    count = sk_X509_OBJECT_num(objects);
    sk_X509_OBJECT_pop_free(objects, X509_OBJECT_free);
#else
    if (!X509_STORE_lock(store))
        return -1;
    count = sk_X509_OBJECT_num(X509_STORE_get0_objects(store));
    X509_STORE_unlock(store);
#endif
    return count;
}

/* What a store holds, not to be changed until brisk_store_objects_done; NULL on failure.
 * Up to 3.x nobody else gets at the store meanwhile. */
static inline const STACK_OF(X509_OBJECT) *brisk_store_objects(X509_STORE *store)
{
#if OPENSSL_VERSION_NUMBER >= 0x40000000L
    return X509_STORE_get1_objects(store);
#else
    return X509_STORE_lock(store) ? X509_STORE_get0_objects(store) : NULL;
#endif
}

static inline void brisk_store_objects_done(
    X509_STORE *store, const STACK_OF(X509_OBJECT) *objects)
{
#if OPENSSL_VERSION_NUMBER >= 0x40000000L
    (void)store;
    sk_X509_OBJECT_pop_free((STACK_OF(X509_OBJECT) *)objects, X509_OBJECT_free);
#else
    (void)objects;
    X509_STORE_unlock(store);
#endif
}

/* The same as brisk_store_size with the store's lock held; -1 where that cannot be told. */
static inline int brisk_store_size_locked(X509_STORE *store)
{
#if OPENSSL_VERSION_NUMBER >= 0x40000000L
    (void)store;
    return -1;
#else
    return sk_X509_OBJECT_num(X509_STORE_get0_objects(store));
#endif
}

/* Whether SSL_free_buffers may be called at any time: before these releases it
 * could free a buffer in use (CVE-2024-4741).  Asked of the library that runs. */
static inline int brisk_can_free_buffers(void)
{
    unsigned long version = OpenSSL_version_num();
    unsigned long patch = (version >> 4) & 0xff;
    switch (version >> 20) {
    case 0x300:
        return patch >= 14;
    case 0x301:
        return patch >= 6;
    case 0x302:
        return patch >= 2;
    case 0x303:
        return patch >= 1;
    default:
        return 1;
    }
}

/* When a session was made, in seconds since 1970. */
static inline long long brisk_session_time(const SSL_SESSION *session)
{
#if OPENSSL_VERSION_NUMBER >= 0x30300000L
    return (long long)SSL_SESSION_get_time_ex(session);
#else
    return (long long)SSL_SESSION_get_time(session);
#endif
}

/* 0 where it is refused. */
static inline int brisk_session_set_time(SSL_SESSION *session, long long seconds)
{
#if OPENSSL_VERSION_NUMBER >= 0x30300000L
    return SSL_SESSION_set_time_ex(session, (time_t)seconds) == (time_t)seconds;
#else
    return SSL_SESSION_set_time(session, (long)seconds) == (long)seconds;
#endif
}

/* Whole names of where a list of revoked certificates is; NULL for names that are relative. */
static inline GENERAL_NAMES *brisk_point_names(const DIST_POINT *point)
{
    return point->distpoint == NULL || point->distpoint->type != 0
        ? NULL : point->distpoint->name.fullname;
}

/* Certificate transparency: a build of OpenSSL may lack it. */
#ifdef OPENSSL_NO_CT
#define SSL_CT_VALIDATION_PERMISSIVE 0
#define SSL_CT_VALIDATION_STRICT 1
typedef struct brisk_no_sct SCT;
DEFINE_STACK_OF(SCT)
static inline int brisk_has_transparency(void) { return 0; }
static inline int SSL_CTX_enable_ct(SSL_CTX *context, int mode) { return 0; }
static inline int SSL_enable_ct(SSL *ssl, int mode) { return 0; }
static inline int brisk_disable_ct(SSL *ssl) { return 1; }
static inline int brisk_context_disable_ct(SSL_CTX *context) { return 1; }
static inline int SSL_CTX_ct_is_enabled(const SSL_CTX *context) { return 0; }
static inline int SSL_ct_is_enabled(const SSL *ssl) { return 0; }
static inline int SSL_CTX_set_ctlog_list_file(SSL_CTX *context, const char *path) { return 0; }
static inline int SSL_CTX_set_default_ctlog_list_file(SSL_CTX *context) { return 0; }
static inline const STACK_OF(SCT) *SSL_get0_peer_scts(SSL *ssl) { return NULL; }
static inline int SCT_get_version(const SCT *sct) { return 0; }
static inline size_t SCT_get0_log_id(const SCT *sct, unsigned char **id) { return 0; }
static inline uint64_t SCT_get_timestamp(const SCT *sct) { return 0; }
static inline int SCT_get_source(const SCT *sct) { return 0; }
static inline const char *SCT_validation_status_string(const SCT *sct) { return ""; }
#else
static inline int brisk_has_transparency(void)
{
    return 1;
}

/* SCT_CTX_verify leaves an error behind for each timestamp that is not good (3.0 to 4.0).
 * SSL_get_error takes it for the handshake's (3.0 and 3.5; 4.0 does not look at the queue) as
 * soon as the next message is waited for, so a connection that goes on all the same failed or
 * not by chance.  These judge as libssl's own callbacks do, and clear it. */
static int brisk_ct_lax(const CT_POLICY_EVAL_CTX *policy, const STACK_OF(SCT) *scts, void *data)
{
    (void)policy, (void)scts, (void)data;
    ERR_clear_error();
    return 1;
}

static int brisk_ct_strict(
    const CT_POLICY_EVAL_CTX *policy, const STACK_OF(SCT) *scts, void *data)
{
    int at, count = scts == NULL ? 0 : sk_SCT_num(scts);
    (void)policy, (void)data;
    for (at = 0; at < count; at++)
        if (SCT_get_validation_status(sk_SCT_value(scts, at)) == SCT_VALIDATION_STATUS_VALID) {
            ERR_clear_error();
            return 1;
        }
    ERR_raise(ERR_LIB_SSL, SSL_R_NO_VALID_SCTS);
    return 0;
}

static inline int brisk_enable_ct(SSL *ssl, int mode)
{
    return SSL_set_ct_validation_callback(
        ssl, mode == SSL_CT_VALIDATION_STRICT ? brisk_ct_strict : brisk_ct_lax, NULL);
}

static inline int brisk_context_enable_ct(SSL_CTX *context, int mode)
{
    return SSL_CTX_set_ct_validation_callback(
        context, mode == SSL_CT_VALIDATION_STRICT ? brisk_ct_strict : brisk_ct_lax, NULL);
}

#define SSL_enable_ct brisk_enable_ct
#define SSL_CTX_enable_ct brisk_context_enable_ct

static inline int brisk_disable_ct(SSL *ssl)
{
    return SSL_set_ct_validation_callback(ssl, NULL, NULL);
}
static inline int brisk_context_disable_ct(SSL_CTX *context)
{
    return SSL_CTX_set_ct_validation_callback(context, NULL, NULL);
}
#endif

/* Raw public keys (RFC 7250) came with 3.2.  Before these releases a client that verifies went on
 * with a key that nobody had found good (CVE-2024-12797): there they are not to be had.  Asked of
 * the library that runs. */
static inline int brisk_has_raw_keys(void)
{
#if OPENSSL_VERSION_NUMBER >= 0x30200000L
    unsigned long version = OpenSSL_version_num();
    unsigned long patch = (version >> 4) & 0xff;
    switch (version >> 20) {
    case 0x302:
        return patch >= 4;
    case 0x303:
        return patch >= 3;
    case 0x304:
        return patch >= 1;
    default:
        return version >= 0x30200000UL;
    }
#else
    return 0;
#endif
}

/* Names that may be asked for are those that we let through, whichever the library.
 * X509_VERIFY_PARAM_set1_host of 4.0 refuses names of one letter, a dot at the end and wildcards,
 * X509_VERIFY_PARAM_set1_email addresses without an @, both after they have forgotten the name
 * before. */
#if OPENSSL_VERSION_NUMBER >= 0x40000000L
static int brisk_any_name(const char *name, size_t size)
{
    (void)name, (void)size;
    return 1;
}
#endif
static inline void brisk_take_any_name(X509_VERIFY_PARAM *param)
{
#if OPENSSL_VERSION_NUMBER >= 0x40000000L
    X509_VERIFY_PARAM_set1_host_input_validation(param, brisk_any_name);
    X509_VERIFY_PARAM_set1_rfc822_input_validation(param, brisk_any_name);
#else
    (void)param;
#endif
}

/* How libcrypto compares e-mail addresses where it verifies (check_id): from 4.0 on as hosts. */
static inline unsigned int brisk_email_flags(const X509_VERIFY_PARAM *param)
{
#if OPENSSL_VERSION_NUMBER >= 0x40000000L
    return X509_VERIFY_PARAM_get_hostflags(param);
#else
    (void)param;
    return 0;
#endif
}

/* From 3.2 on keys know whether there was a padding callback when they were made
 * (rlayer_padding_wrapper in ssl/record/rec_layer_s3.c): one that comes later is not asked, and
 * where one has gone NULL is called. */
static inline int brisk_padding_is_fixed(void)
{
    return OpenSSL_version_num() >= 0x30200000UL;
}

/* The raw key that is to be verified, or NULL: it is a certificate. */
static inline EVP_PKEY *brisk_raw_key(X509_STORE_CTX *chain)
{
#if OPENSSL_VERSION_NUMBER >= 0x30200000L
    return X509_STORE_CTX_get0_rpk(chain);
#else
    (void)chain;
    return NULL;
#endif
}

/* The raw key a session was made with, or NULL. */
static inline EVP_PKEY *brisk_session_raw_key(SSL_SESSION *session)
{
#if OPENSSL_VERSION_NUMBER >= 0x30200000L
    return session == NULL ? NULL : SSL_SESSION_get0_peer_rpk(session);
#else
    (void)session;
    return NULL;
#endif
}

static int brisk_as_it_is(int good, X509_STORE_CTX *chain)
{
    (void)chain;
    return good;
}

/* Verify by what libssl finds alone, whatever verify callback there is. */
static inline int brisk_verify_unasked(X509_STORE_CTX *chain)
{
    X509_STORE_CTX_set_verify_cb(chain, brisk_as_it_is);
    return X509_verify_cert(chain);
}

#ifdef X509_V_ERR_RPK_UNTRUSTED
#define BRISK_V_ERR_RPK_UNTRUSTED X509_V_ERR_RPK_UNTRUSTED
#else
#define BRISK_V_ERR_RPK_UNTRUSTED 95
#endif

#if OPENSSL_VERSION_NUMBER < 0x30200000L
static inline int SSL_CTX_set1_client_cert_type(
    SSL_CTX *context, const unsigned char *kinds, size_t size) { return size == 0; }
static inline int SSL_CTX_set1_server_cert_type(
    SSL_CTX *context, const unsigned char *kinds, size_t size) { return size == 0; }
static inline int SSL_set1_client_cert_type(
    SSL *ssl, const unsigned char *kinds, size_t size) { return size == 0; }
static inline int SSL_set1_server_cert_type(
    SSL *ssl, const unsigned char *kinds, size_t size) { return size == 0; }
static inline int SSL_CTX_get0_client_cert_type(
    const SSL_CTX *context, unsigned char **kinds, size_t *size) { return 0; }
static inline int SSL_CTX_get0_server_cert_type(
    const SSL_CTX *context, unsigned char **kinds, size_t *size) { return 0; }
static inline int SSL_get0_client_cert_type(
    const SSL *ssl, unsigned char **kinds, size_t *size) { return 0; }
static inline int SSL_get0_server_cert_type(
    const SSL *ssl, unsigned char **kinds, size_t *size) { return 0; }
static inline int SSL_get_negotiated_client_cert_type(const SSL *ssl) { return 0; }
static inline int SSL_get_negotiated_server_cert_type(const SSL *ssl) { return 0; }
static inline EVP_PKEY *SSL_get0_peer_rpk(const SSL *ssl) { return NULL; }
#endif

/* Options that allow what is refused without them, or leave out what makes attacks harder. */
#define BRISK_LAX_OPTIONS \
    (SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_LEGACY_SERVER_CONNECT \
     | SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION | SSL_OP_ALLOW_CLIENT_RENEGOTIATION \
     | SSL_OP_ALLOW_NO_DHE_KEX | SSL_OP_NO_EXTENDED_MASTER_SECRET | SSL_OP_NO_ENCRYPT_THEN_MAC \
     | SSL_OP_NO_ANTI_REPLAY | SSL_OP_TLS_ROLLBACK_BUG | SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS)

/* Certificates that are sent compressed came with 3.2. */
#if OPENSSL_VERSION_NUMBER >= 0x30200000L
static inline int brisk_has_cert_compression(void) { return 1; }
#define BRISK_NO_TX_CERTIFICATE_COMPRESSION SSL_OP_NO_TX_CERTIFICATE_COMPRESSION
#else
static inline int brisk_has_cert_compression(void) { return 0; }
#define BRISK_NO_TX_CERTIFICATE_COMPRESSION 0
static inline int SSL_CTX_set1_cert_comp_preference(
    SSL_CTX *context, int *kinds, size_t count) { return 0; }
static inline int SSL_set1_cert_comp_preference(
    SSL *ssl, int *kinds, size_t count) { return 0; }
static inline int SSL_CTX_compress_certs(SSL_CTX *context, int kind) { return 0; }
static inline size_t SSL_CTX_get1_compressed_cert(
    SSL_CTX *context, int kind, unsigned char **data, size_t *size) { return 0; }
#endif

/* Names of the groups that a library knows, from 3.5 on; NULL without memory, or before. */
typedef STACK_OF(OPENSSL_CSTRING) brisk_words;
static inline int brisk_has_group_list(void)
{
#if OPENSSL_VERSION_NUMBER >= 0x30500000L
    return 1;
#else
    return 0;
#endif
}

static inline brisk_words *brisk_implemented_groups(SSL_CTX *context, int all)
{
#if OPENSSL_VERSION_NUMBER >= 0x30500000L
    brisk_words *found = sk_OPENSSL_CSTRING_new_null();
    if (found != NULL && SSL_CTX_get0_implemented_groups(context, all, found) != 1) {
        sk_OPENSSL_CSTRING_free(found);
        found = NULL;
    }
    return found;
#else
    (void)context, (void)all;
    return NULL;
#endif
}

/* Encrypted Client Hello (RFC 9849) came with 4.0; a build may lack it. */
#if OPENSSL_VERSION_NUMBER >= 0x40000000L && !defined(OPENSSL_NO_ECH)
#include <openssl/ech.h>
static inline int brisk_has_ech(void) { return 1; }

/* A new pair of keys and its configuration; -1 for a suite that is not known. */
static inline int brisk_ech_new_config(
    OSSL_ECHSTORE *store, int longest, const char *name, const char *suite)
{
    OSSL_HPKE_SUITE chosen = OSSL_HPKE_SUITE_DEFAULT;
    if (suite != NULL && OSSL_HPKE_str2suite(suite, &chosen) != 1)
        return -1;
    return OSSL_ECHSTORE_new_config(
        store, OSSL_ECH_CURRENT_VERSION, (uint8_t)longest, name, chosen);
}

static inline int brisk_ech_info(
    OSSL_ECHSTORE *store, int index, long long *age, char **name, int *has_private,
    int *for_retry)
{
    time_t seconds = 0;
    char *words = NULL;
    int result = OSSL_ECHSTORE_get1_info(
        store, index, &seconds, name, &words, has_private, for_retry);
    *age = (long long)seconds;
    OPENSSL_free(words);
    return result;
}
#else
static inline int brisk_has_ech(void) { return 0; }
typedef struct brisk_no_echstore OSSL_ECHSTORE;
#define SSL_ECH_STATUS_SUCCESS 1
#define SSL_ECH_STATUS_FAILED 0
#define SSL_ECH_STATUS_BAD_NAME -102
#define SSL_ECH_STATUS_FAILED_ECH -105
#define SSL_ECH_STATUS_FAILED_ECH_BAD_NAME -106
static inline OSSL_ECHSTORE *OSSL_ECHSTORE_new(OSSL_LIB_CTX *context, const char *query)
{
    return NULL;
}
static inline void OSSL_ECHSTORE_free(OSSL_ECHSTORE *store) { }
static inline int brisk_ech_new_config(
    OSSL_ECHSTORE *store, int longest, const char *name, const char *suite) { return 0; }
static inline int brisk_ech_info(
    OSSL_ECHSTORE *store, int index, long long *age, char **name, int *has_private,
    int *for_retry) { return 0; }
static inline int OSSL_ECHSTORE_set1_key_and_read_pem(
    OSSL_ECHSTORE *store, EVP_PKEY *key, BIO *in, int for_retry) { return 0; }
static inline int OSSL_ECHSTORE_read_echconfiglist(OSSL_ECHSTORE *store, BIO *in) { return 0; }
static inline int OSSL_ECHSTORE_write_pem(OSSL_ECHSTORE *store, int index, BIO *out)
{
    return 0;
}
static inline int OSSL_ECHSTORE_num_entries(const OSSL_ECHSTORE *store, int *count)
{
    return 0;
}
static inline int OSSL_ECHSTORE_flush_keys(OSSL_ECHSTORE *store, time_t age) { return 0; }
static inline int SSL_CTX_set1_echstore(SSL_CTX *context, OSSL_ECHSTORE *store) { return 0; }
static inline int SSL_set1_ech_config_list(SSL *ssl, const uint8_t *list, size_t size)
{
    return 0;
}
static inline int SSL_ech_set1_outer_server_name(SSL *ssl, const char *name, int none)
{
    return 0;
}
static inline int SSL_ech_set1_outer_alpn_protos(
    SSL *ssl, const unsigned char *list, size_t size) { return 0; }
static inline int SSL_ech_set1_grease_suite(SSL *ssl, const char *suite) { return 0; }
static inline int SSL_ech_get1_status(SSL *ssl, char **inner, char **outer) { return -103; }
static inline int SSL_ech_get1_retry_config(SSL *ssl, unsigned char **list, size_t *size)
{
    return 0;
}
#endif

/* Forget the sessions that are too old at a moment, in seconds since 1970; 0: all of them. */
static inline void brisk_flush_sessions(SSL_CTX *context, long long seconds)
{
#if OPENSSL_VERSION_NUMBER >= 0x30400000L
    SSL_CTX_flush_sessions_ex(context, (time_t)seconds);
#else
    SSL_CTX_flush_sessions(context, (long)seconds);
#endif
}

/* The shapes of callbacks, some of which OpenSSL has no name for. */
typedef int (*brisk_passphrase_hook)(char *, int, int, void *);
typedef void (*brisk_info_hook)(const SSL *, int, int);
typedef void (*brisk_keylog_hook)(const SSL *, const char *);
typedef void (*brisk_message_hook)(int, int, int, const void *, size_t, SSL *, void *);
typedef int (*brisk_status_hook)(SSL *, void *);
typedef int (*brisk_verify_hook)(int, X509_STORE_CTX *);
typedef size_t (*brisk_padding_hook)(SSL *, int, size_t, void *);
typedef unsigned int (*brisk_timer_hook)(SSL *, unsigned int);
typedef int (*brisk_security_hook)(
    const SSL *, const SSL_CTX *, int, int, int, void *, void *);
typedef int (*brisk_hello_hook)(SSL *, int *, void *);
typedef int (*brisk_certificate_hook)(SSL *, void *);
typedef int (*brisk_chain_hook)(X509_STORE_CTX *, void *);
typedef unsigned int (*brisk_psk_client_hook)(
    SSL *, const char *, char *, unsigned int, unsigned char *, unsigned int);
typedef unsigned int (*brisk_psk_server_hook)(
    SSL *, const char *, unsigned char *, unsigned int);
typedef int (*brisk_psk_use_hook)(
    SSL *, const EVP_MD *, const unsigned char **, size_t *, SSL_SESSION **);
typedef int (*brisk_psk_find_hook)(SSL *, const unsigned char *, size_t, SSL_SESSION **);
typedef int (*brisk_early_hook)(SSL *, void *);
typedef int (*brisk_session_new_hook)(SSL *, SSL_SESSION *);
typedef void (*brisk_session_remove_hook)(SSL_CTX *, SSL_SESSION *);
typedef SSL_SESSION *(*brisk_session_get_hook)(SSL *, const unsigned char *, int, int *);
typedef int (*brisk_ticket_key_hook)(
    SSL *, unsigned char *, unsigned char *, EVP_CIPHER_CTX *, EVP_MAC_CTX *, int);

static inline void brisk_free_objects(STACK_OF(ASN1_OBJECT) *objects)
{
    sk_ASN1_OBJECT_pop_free(objects, ASN1_OBJECT_free);
}

static inline void brisk_free_names(STACK_OF(X509_NAME) *names)
{
    sk_X509_NAME_pop_free(names, X509_NAME_free);
}

/* NULL for NULL, and where memory is short. */
static inline STACK_OF(X509_NAME) *brisk_copy_names(const STACK_OF(X509_NAME) *names)
{
    return names == NULL ? NULL : sk_X509_NAME_deep_copy(names, X509_NAME_dup, X509_NAME_free);
}

#endif
