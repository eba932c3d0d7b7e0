# Declarations of libssl and nothing else, sorted by topic.

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from OpenSSL._native.common.libcrypto cimport (
    BIO, CRYPTO_EX_DATA, EVP_MD, EVP_PKEY, SCT_LIST, X509, X509_CHAIN, X509_NAME_LIST, X509_STORE,
    X509_STORE_CTX, X509_VERIFY_PARAM,
)

cdef extern from "compat.h" nogil:
    # ---- types
    ctypedef struct SSL:
        pass
    ctypedef struct SSL_CTX:
        pass
    ctypedef struct SSL_METHOD:
        pass
    ctypedef struct SSL_SESSION:
        pass
    ctypedef struct SSL_CIPHER:
        pass
    ctypedef struct SSL_CIPHER_LIST "STACK_OF(SSL_CIPHER)":
        pass
    ctypedef struct SRTP_PROTECTION_PROFILE:
        const char* name
        unsigned long id
    struct timeval:
        long tv_sec
        long tv_usec
    ctypedef struct BIO_ADDR:
        pass

    # ---- errors
    int SSL_AD_INTERNAL_ERROR
    int SSL_AD_HANDSHAKE_FAILURE
    int SSL_CB_LOOP
    int SSL_RECEIVED_SHUTDOWN
    int SSL_SENT_SHUTDOWN
    int SSL_VERIFY_PEER
    int SSL_VERIFY_POST_HANDSHAKE
    int SSL_VERIFY_FAIL_IF_NO_PEER_CERT
    long SSL_get_verify_result(const SSL* ssl)

    # ---- contexts and connections
    int TLS1_VERSION
    int TLS1_1_VERSION
    int TLS1_2_VERSION
    int TLS1_3_VERSION
    int DTLS1_VERSION
    int DTLS1_2_VERSION
    long SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
    int SSL_READING
    int SSL_WRITING
    SSL* SSL_new(SSL_CTX* context)
    void SSL_free(SSL* ssl)
    BIO* SSL_get_rbio(const SSL* ssl)
    SSL_CTX* SSL_get_SSL_CTX(const SSL* ssl)
    int SSL_read_ex(SSL* ssl, void* data, size_t size, size_t* got)
    int SSL_peek_ex(SSL* ssl, void* data, size_t size, size_t* got)
    int SSL_pending(const SSL* ssl)
    int SSL_has_pending(const SSL* ssl)
    bint brisk_can_free_buffers()
    int SSL_get_shutdown(const SSL* ssl)
    int SSL_want(const SSL* ssl)

    # ---- credentials
    ctypedef int (*passphrase_hook "brisk_passphrase_hook")(char*, int, int, void*) noexcept
    void SSL_CTX_set_default_passwd_cb(SSL_CTX* context, passphrase_hook callback)
    void SSL_CTX_set_default_passwd_cb_userdata(SSL_CTX* context, void* data)
    int SSL_CTX_use_cert_and_key(SSL_CTX* context, X509* certificate, EVP_PKEY* key,
                                 X509_CHAIN* chain, int override)
    EVP_PKEY* SSL_CTX_get0_privatekey(const SSL_CTX* context)
    void SSL_set_default_passwd_cb(SSL* ssl, passphrase_hook callback)
    void SSL_set_default_passwd_cb_userdata(SSL* ssl, void* data)
    long SSL_CTX_get0_chain_certs(SSL_CTX* context, X509_CHAIN** chain)
    long SSL_CTX_get_extra_chain_certs_only(SSL_CTX* context, X509_CHAIN** chain)
    long SSL_CTX_add1_chain_cert(SSL_CTX* context, X509* certificate)

    # ---- versions
    uint64_t SSL_OP_NO_TLSv1_3
    long SSL_get_max_proto_version(SSL* ssl)

    # ---- raw public keys
    EVP_PKEY* brisk_session_raw_key(SSL_SESSION* session)
    int SSL_set1_client_cert_type(SSL* ssl, const unsigned char* kinds, size_t size)
    int SSL_set1_server_cert_type(SSL* ssl, const unsigned char* kinds, size_t size)
    int SSL_get0_client_cert_type(const SSL* ssl, unsigned char** kinds, size_t* size)
    int SSL_get0_server_cert_type(const SSL* ssl, unsigned char** kinds, size_t* size)

    # ---- certificate compression
    unsigned long BRISK_NO_TX_CERTIFICATE_COMPRESSION

    # ---- encrypted client hello
    int SSL_ECH_STATUS_SUCCESS
    int SSL_ECH_STATUS_FAILED
    int SSL_ECH_STATUS_BAD_NAME
    int SSL_ECH_STATUS_FAILED_ECH
    int SSL_ECH_STATUS_FAILED_ECH_BAD_NAME
    int SSL_ech_get1_status(SSL* ssl, char** inner, char** outer)

    # ---- transparency
    int SSL_CT_VALIDATION_PERMISSIVE
    int SSL_CT_VALIDATION_STRICT
    int SSL_enable_ct(SSL* ssl, int mode)
    int brisk_disable_ct(SSL* ssl)
    int SSL_ct_is_enabled(const SSL* ssl)

    # ---- datagram
    long DTLSv1_get_timeout(SSL* ssl, timeval* left)
    int SSL_is_dtls(const SSL* ssl)

    # ---- negotiation
    int SSL_set_cipher_list(SSL* ssl, const char* ciphers)
    SSL_CIPHER_LIST* SSL_get_ciphers(const SSL* ssl)
    int sk_SSL_CIPHER_num(const SSL_CIPHER_LIST* ciphers)
    const SSL_CIPHER* sk_SSL_CIPHER_value(const SSL_CIPHER_LIST* ciphers, int index)
    int SSL_CTX_get_security_level(const SSL_CTX* context)
    void SSL_CTX_set_security_level(SSL_CTX* context, int level)
    int SSL_get_security_level(const SSL* ssl)
    void SSL_set_security_level(SSL* ssl, int level)
    long SSL_CTX_get_min_proto_version(SSL_CTX* context)
    long SSL_CTX_get_max_proto_version(SSL_CTX* context)
    long SSL_CTX_get_max_cert_list(SSL_CTX* context)
    long SSL_set_max_cert_list(SSL* ssl, long size)
    long SSL_set1_client_sigalgs_list(SSL* ssl, const char* algorithms)
    long SSL_set1_client_certificate_types(SSL* ssl, const unsigned char* kinds, long count)
    int SSL_use_psk_identity_hint(SSL* ssl, const char* hint)
    int SSL_set_block_padding(SSL* ssl, size_t size)
    uint8_t SSL_SESSION_get_max_fragment_length(const SSL_SESSION* session)
    long SSL_set_max_send_fragment(SSL* ssl, long size)
    long SSL_set_split_send_fragment(SSL* ssl, long size)

    int SSL_TLSEXT_ERR_OK
    int SSL_TLSEXT_ERR_ALERT_FATAL
    int SSL_TLSEXT_ERR_NOACK

    # ---- observers
    ctypedef void (*info_hook "brisk_info_hook")(const SSL*, int, int) noexcept
    void SSL_set_info_callback(SSL* ssl, info_hook callback)
    ctypedef void (*keylog_hook "brisk_keylog_hook")(const SSL*, const char*) noexcept

    ctypedef void (*message_hook "brisk_message_hook")(
        int, int, int, const void*, size_t, SSL*, void*) noexcept
    int SSL3_MT_CLIENT_HELLO

    # ---- peer
    X509* SSL_get_certificate(const SSL* ssl)
    const SSL_CIPHER* SSL_get_current_cipher(const SSL* ssl)
    const char* SSL_CIPHER_get_name(const SSL_CIPHER* cipher)
    const char* SSL_CIPHER_get_version(const SSL_CIPHER* cipher)
    int SSL_CIPHER_get_bits(const SSL_CIPHER* cipher, int* algorithm_bits)
    int SSL_CIPHER_get_kx_nid(const SSL_CIPHER* cipher)
    int SSL_version(const SSL* ssl)
    const char* SSL_state_string(const SSL* ssl)
    int SSL_renegotiate_pending(const SSL* ssl)

    ctypedef struct SRTP_PROFILES "STACK_OF(SRTP_PROTECTION_PROFILE)":
        pass
    ctypedef size_t (*padding_hook "brisk_padding_hook")(SSL*, int, size_t, void*) noexcept

    # ---- configuration
    ctypedef struct SSL_CONF_CTX:
        pass

    # ---- security
    ctypedef int (*security_hook "brisk_security_hook")(
        const SSL*, const SSL_CTX*, int, int, int, void*, void*) noexcept

    # ---- hello
    ctypedef int (*hello_hook "brisk_hello_hook")(SSL*, int*, void*) noexcept
    ctypedef int (*certificate_hook "brisk_certificate_hook")(SSL*, void*) noexcept
    void SSL_set_cert_cb(SSL* ssl, certificate_hook callback, void* data)
    ctypedef int (*chain_hook "brisk_chain_hook")(X509_STORE_CTX*, void*) noexcept

    # ---- custom extensions
    ctypedef int (*extension_add_hook "SSL_custom_ext_add_cb_ex")(
        SSL*, unsigned int, unsigned int, const unsigned char**, size_t*, X509*, size_t, int*,
        void*) noexcept
    ctypedef void (*extension_free_hook "SSL_custom_ext_free_cb_ex")(
        SSL*, unsigned int, unsigned int, const unsigned char*, void*) noexcept
    ctypedef int (*extension_parse_hook "SSL_custom_ext_parse_cb_ex")(
        SSL*, unsigned int, unsigned int, const unsigned char*, size_t, X509*, size_t, int*,
        void*) noexcept

    # ---- psk
    ctypedef unsigned int (*psk_client_hook "brisk_psk_client_hook")(
        SSL*, const char*, char*, unsigned int, unsigned char*, unsigned int) noexcept
    ctypedef unsigned int (*psk_server_hook "brisk_psk_server_hook")(
        SSL*, const char*, unsigned char*, unsigned int) noexcept
    ctypedef int (*psk_use_hook "brisk_psk_use_hook")(
        SSL*, const EVP_MD*, const unsigned char**, size_t*, SSL_SESSION**) noexcept
    ctypedef int (*psk_find_hook "brisk_psk_find_hook")(
        SSL*, const unsigned char*, size_t, SSL_SESSION**) noexcept
    const char* SSL_get_psk_identity(const SSL* ssl)

    # ---- early data
    uint32_t SSL_CTX_get_max_early_data(const SSL_CTX* context)
    uint32_t SSL_CTX_get_recv_max_early_data(const SSL_CTX* context)
    ctypedef int (*early_hook "brisk_early_hook")(SSL*, void*) noexcept

    # ---- secrets
    size_t SSL_SESSION_get_master_key(const SSL_SESSION* session, unsigned char* data, size_t size)

    # ---- sessions
    SSL_SESSION* SSL_get_session(const SSL* ssl)
    X509* SSL_SESSION_get0_peer(SSL_SESSION* session)
    int SSL_session_reused(const SSL* ssl)
    int TLS_ST_BEFORE
    int TLS_ST_OK
    int TLS_ST_CR_FINISHED
    int TLS_ST_CR_HELLO_REQ
    int TLS_ST_EARLY_DATA
    int TLS_ST_SR_FINISHED
    int DTLS_ST_CR_HELLO_VERIFY_REQUEST
    int SSL_ST_CONNECT
    int SSL_get_state(const SSL* ssl)
    int SSL_in_before(const SSL* ssl)
    int SSL_in_init(const SSL* ssl)
    int SSL_is_server(const SSL* ssl)
    int SSL_is_init_finished(const SSL* ssl)
    void SSL_SESSION_free(SSL_SESSION* session)
    const unsigned char* SSL_SESSION_get_id(const SSL_SESSION* session, unsigned int* size)
    int SSL_SESSION_get_protocol_version(const SSL_SESSION* session)
    long SSL_SESSION_get_timeout(const SSL_SESSION* session)
    long SSL_SESSION_set_timeout(SSL_SESSION* session, long seconds)
    const unsigned char* SSL_SESSION_get0_id_context(
        const SSL_SESSION* session, unsigned int* size)
    int SSL_SESSION_set1_id_context(
        SSL_SESSION* session, const unsigned char* id, unsigned int size)
    int SSL_SESSION_set1_ticket_appdata(SSL_SESSION* session, const void* data, size_t size)
    int SSL_SESSION_get0_ticket_appdata(SSL_SESSION* session, void** data, size_t* size)
    int SSL_SESSION_is_resumable(const SSL_SESSION* session)
    long SSL_CTX_set_timeout(SSL_CTX* context, long seconds)
    int SSL_CTX_remove_session(SSL_CTX* context, SSL_SESSION* session)
    int SSL_TICKET_SUCCESS
    int SSL_TICKET_SUCCESS_RENEW
    int SSL_TICKET_RETURN_IGNORE_RENEW
    int SSL_TICKET_RETURN_USE
    int SSL_TICKET_RETURN_USE_RENEW
    int SSL_CTX_set_session_ticket_cb(
        SSL_CTX* context, int (*generate)(SSL*, void*) noexcept,
        int (*use)(SSL*, SSL_SESSION*, const unsigned char*, size_t, int, void*) noexcept,
        void* arg)
    int SSL_set_num_tickets(SSL* ssl, size_t count)
    size_t SSL_CTX_get_num_tickets(const SSL_CTX* context)

    const SSL_CIPHER* SSL_SESSION_get0_cipher(const SSL_SESSION* session)
    SSL_SESSION* d2i_SSL_SESSION(SSL_SESSION** session, const unsigned char** data, long size)
    int SSL_SESSION_set1_hostname(SSL_SESSION* session, const char* name)
    uint32_t SSL_SESSION_get_max_early_data(const SSL_SESSION* session)
    ctypedef int (*session_new_hook "brisk_session_new_hook")(SSL*, SSL_SESSION*) noexcept
    ctypedef void (*session_remove_hook "brisk_session_remove_hook")(
        SSL_CTX*, SSL_SESSION*) noexcept
    ctypedef SSL_SESSION* (*session_get_hook "brisk_session_get_hook")(
        SSL*, const unsigned char*, int, int*) noexcept
    void SSL_CTX_sess_set_remove_cb(SSL_CTX* context, session_remove_hook callback)

    # ---- settings
    uint64_t SSL_CTX_get_options(const SSL_CTX* context)
    uint64_t SSL_set_options(SSL* ssl, uint64_t options)
    uint64_t SSL_get_options(const SSL* ssl)
    long SSL_set1_verify_cert_store(SSL* ssl, X509_STORE* store)
    long SSL_set1_chain_cert_store(SSL* ssl, X509_STORE* store)
    uint64_t SSL_OP_NO_QUERY_MTU
    long SSL_set_mode(SSL* ssl, long mode)

    # ---- stapling
    ctypedef int (*status_hook "brisk_status_hook")(SSL*, void*) noexcept

    # ---- trust
    ctypedef int (*verify_hook "brisk_verify_hook")(int, X509_STORE_CTX*) noexcept
    int SSL_get_ex_data_X509_STORE_CTX_idx()
    int SSL_CTX_get_verify_mode(const SSL_CTX* context)
    int SSL_CTX_get_verify_depth(const SSL_CTX* context)
    void SSL_set_verify(SSL* ssl, int mode, verify_hook callback)
    int SSL_get_verify_mode(const SSL* ssl)
    X509_VERIFY_PARAM* SSL_CTX_get0_param(SSL_CTX* context)
    void SSL_CTX_set1_cert_store(SSL_CTX* context, X509_STORE* store)
    X509_STORE* SSL_CTX_get_cert_store(const SSL_CTX* context)
    void SSL_set_hostflags(SSL* ssl, unsigned int flags)
    X509_VERIFY_PARAM* SSL_get0_param(SSL* ssl)

    # ---- what else several files call
    int SSL_CIPHER_get_auth_nid(const SSL_CIPHER* cipher)
    int SSL_CIPHER_is_aead(const SSL_CIPHER* cipher)
    const char* SSL_SESSION_get0_hostname(const SSL_SESSION* session)
    uint64_t SSL_clear_options(SSL* ssl, uint64_t options)
    int SSL_client_hello_get0_ext(SSL* ssl, unsigned int kind, const unsigned char** data,
        size_t* size)
    uint32_t SSL_get_max_early_data(const SSL* ssl)
    const char* SSL_get_servername(const SSL* ssl, int kind)
    int SSL_set_record_padding_callback(SSL* ssl, padding_hook callback)
    int SSL_use_cert_and_key(SSL* ssl, X509* certificate, EVP_PKEY* key, X509_CHAIN* chain,
        int override)
