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
    int SSL_ERROR_NONE
    int SSL_ERROR_SSL
    int SSL_ERROR_WANT_READ
    int SSL_ERROR_WANT_WRITE
    int SSL_ERROR_SYSCALL
    int SSL_ERROR_ZERO_RETURN
    int SSL_R_UNEXPECTED_EOF_WHILE_READING
    int SSL_R_CONNECTION_TYPE_NOT_SET
    int SSL_R_CERTIFICATE_VERIFY_FAILED
    int SSL_AD_REASON_OFFSET
    int SSL_AD_INTERNAL_ERROR
    int SSL_AD_PROTOCOL_VERSION
    int SSL_AD_HANDSHAKE_FAILURE
    int SSL_AD_DECODE_ERROR
    int SSL_AD_NO_APPLICATION_PROTOCOL
    int SSL3_AL_FATAL
    int SSL_CB_ALERT
    int SSL_CB_LOOP
    int SSL_CB_HANDSHAKE_DONE
    int SSL_CB_HANDSHAKE_START
    int SSL_CB_WRITE_ALERT
    int SSL_RECEIVED_SHUTDOWN
    int SSL_SENT_SHUTDOWN
    int SSL_VERIFY_PEER
    int SSL_VERIFY_POST_HANDSHAKE
    int SSL_VERIFY_FAIL_IF_NO_PEER_CERT
    int SSL_get_error(const SSL* ssl, int result)
    long SSL_get_verify_result(const SSL* ssl)
    void SSL_set_verify_result(SSL* ssl, long code)

    # ---- contexts and connections
    int TLS1_VERSION
    int TLS1_1_VERSION
    int TLS1_2_VERSION
    int TLS1_3_VERSION
    int DTLS1_VERSION
    int DTLS1_2_VERSION
    uint64_t SSL_OP_NO_TLSv1
    uint64_t SSL_OP_NO_TLSv1_1
    uint64_t SSL_OP_NO_TLSv1_2
    uint64_t SSL_OP_NO_TLSv1_3
    uint64_t SSL_OP_NO_DTLSv1
    uint64_t SSL_OP_NO_DTLSv1_2
    long SSL_MODE_ENABLE_PARTIAL_WRITE
    long SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
    long SSL_MODE_RELEASE_BUFFERS
    int SSL_READING
    int SSL_WRITING
    const SSL_METHOD* TLS_method()
    const SSL_METHOD* TLS_server_method()
    const SSL_METHOD* TLS_client_method()
    const SSL_METHOD* DTLS_method()
    const SSL_METHOD* DTLS_server_method()
    const SSL_METHOD* DTLS_client_method()
    SSL_CTX* SSL_CTX_new(const SSL_METHOD* method)
    void SSL_CTX_free(SSL_CTX* context)
    SSL* SSL_new(SSL_CTX* context)
    void SSL_free(SSL* ssl)
    BIO* SSL_get_rbio(const SSL* ssl)
    void SSL_set_bio(SSL* ssl, BIO* reading, BIO* writing)
    SSL_CTX* SSL_get_SSL_CTX(const SSL* ssl)
    SSL_CTX* SSL_set_SSL_CTX(SSL* ssl, SSL_CTX* context)
    void SSL_set_connect_state(SSL* ssl)
    void SSL_set_accept_state(SSL* ssl)
    int SSL_do_handshake(SSL* ssl)
    int SSL_read_ex(SSL* ssl, void* data, size_t size, size_t* got)
    int SSL_peek_ex(SSL* ssl, void* data, size_t size, size_t* got)
    int SSL_write_ex(SSL* ssl, const void* data, size_t size, size_t* put)
    int SSL_pending(const SSL* ssl)
    int SSL_has_pending(const SSL* ssl)
    int SSL_free_buffers(SSL* ssl)
    bint brisk_can_free_buffers()
    int SSL_shutdown(SSL* ssl)
    int SSL_get_shutdown(const SSL* ssl)
    void SSL_set_shutdown(SSL* ssl, int state)
    int SSL_want(const SSL* ssl)

    # ---- credentials
    ctypedef int (*passphrase_hook "brisk_passphrase_hook")(char*, int, int, void*) noexcept
    void SSL_CTX_set_default_passwd_cb(SSL_CTX* context, passphrase_hook callback)
    void SSL_CTX_set_default_passwd_cb_userdata(SSL_CTX* context, void* data)
    int SSL_CTX_use_certificate(SSL_CTX* context, X509* certificate)
    int SSL_CTX_use_certificate_file(SSL_CTX* context, const char* path, int kind)
    int SSL_CTX_use_certificate_chain_file(SSL_CTX* context, const char* path)
    long SSL_CTX_add_extra_chain_cert(SSL_CTX* context, X509* certificate)
    int SSL_CTX_use_PrivateKey(SSL_CTX* context, EVP_PKEY* key)
    int SSL_CTX_use_PrivateKey_file(SSL_CTX* context, const char* path, int kind)
    int SSL_CTX_check_private_key(const SSL_CTX* context)
    int SSL_CTX_use_cert_and_key(SSL_CTX* context, X509* certificate, EVP_PKEY* key,
                                 X509_CHAIN* chain, int override)
    EVP_PKEY* SSL_CTX_get0_privatekey(const SSL_CTX* context)
    void SSL_set_default_passwd_cb(SSL* ssl, passphrase_hook callback)
    void SSL_set_default_passwd_cb_userdata(SSL* ssl, void* data)
    int SSL_use_certificate_file(SSL* ssl, const char* path, int kind)
    int SSL_use_certificate_chain_file(SSL* ssl, const char* path)
    int SSL_use_PrivateKey_file(SSL* ssl, const char* path, int kind)
    EVP_PKEY* SSL_get_privatekey(const SSL* ssl)
    long SSL_get0_chain_certs(SSL* ssl, X509_CHAIN** chain)
    long SSL_CTX_get0_chain_certs(SSL_CTX* context, X509_CHAIN** chain)
    long SSL_CTX_get_extra_chain_certs_only(SSL_CTX* context, X509_CHAIN** chain)
    long SSL_CTX_add1_chain_cert(SSL_CTX* context, X509* certificate)
    int SSL_use_certificate(SSL* ssl, X509* certificate)
    int SSL_use_PrivateKey(SSL* ssl, EVP_PKEY* key)
    void SSL_CTX_set_post_handshake_auth(SSL_CTX* context, int value)
    int SSL_check_private_key(const SSL* ssl)
    void SSL_set_post_handshake_auth(SSL* ssl, int value)

    int SSL_use_cert_and_key(SSL* ssl, X509* certificate, EVP_PKEY* key, X509_CHAIN* chain,
                             int override)
    X509* SSL_CTX_get0_certificate(const SSL_CTX* context)
    long SSL_CTX_add1_chain_cert(SSL_CTX* context, X509* certificate)
    long SSL_add1_chain_cert(SSL* ssl, X509* certificate)
    long SSL_CTX_clear_chain_certs(SSL_CTX* context)
    long SSL_clear_chain_certs(SSL* ssl)
    long SSL_CTX_get0_chain_certs(SSL_CTX* context, X509_CHAIN** chain)
    long SSL_CTX_clear_extra_chain_certs(SSL_CTX* context)
    long SSL_CTX_get_extra_chain_certs_only(SSL_CTX* context, X509_CHAIN** chain)
    long SSL_CERT_SET_FIRST
    long SSL_CERT_SET_NEXT
    long SSL_CTX_set_current_cert(SSL_CTX* context, long which)
    long SSL_set_current_cert(SSL* ssl, long which)
    long SSL_CTX_select_current_cert(SSL_CTX* context, X509* certificate)
    long SSL_select_current_cert(SSL* ssl, X509* certificate)
    void SSL_certs_clear(SSL* ssl)

    # ---- dane
    unsigned long DANE_FLAG_NO_DANE_EE_NAMECHECKS
    int SSL_CTX_dane_enable(SSL_CTX* context)
    int SSL_CTX_dane_mtype_set(SSL_CTX* context, const EVP_MD* digest, uint8_t kind, uint8_t rank)
    unsigned long SSL_CTX_dane_set_flags(SSL_CTX* context, unsigned long flags)
    unsigned long SSL_CTX_dane_clear_flags(SSL_CTX* context, unsigned long flags)
    int SSL_dane_enable(SSL* ssl, const char* name)
    int SSL_dane_tlsa_add(SSL* ssl, uint8_t usage, uint8_t selector, uint8_t kind,
                          const unsigned char* data, size_t size)
    int SSL_get0_dane_authority(SSL* ssl, X509** certificate, EVP_PKEY** key)
    int SSL_get0_dane_tlsa(SSL* ssl, uint8_t* usage, uint8_t* selector, uint8_t* kind,
                           const unsigned char** data, size_t* size)
    unsigned long SSL_dane_set_flags(SSL* ssl, unsigned long flags)
    unsigned long SSL_dane_clear_flags(SSL* ssl, unsigned long flags)

    # ---- transparency
    int SSL_CT_VALIDATION_PERMISSIVE
    int SSL_CT_VALIDATION_STRICT
    bint brisk_has_transparency()
    int SSL_CTX_enable_ct(SSL_CTX* context, int mode)
    int SSL_enable_ct(SSL* ssl, int mode)
    int brisk_disable_ct(SSL* ssl)
    int brisk_context_disable_ct(SSL_CTX* context)
    int SSL_CTX_ct_is_enabled(const SSL_CTX* context)
    int SSL_ct_is_enabled(const SSL* ssl)
    int SSL_CTX_set_ctlog_list_file(SSL_CTX* context, const char* path)
    int SSL_CTX_set_default_ctlog_list_file(SSL_CTX* context)
    const SCT_LIST* SSL_get0_peer_scts(SSL* ssl)

    # ---- datagram
    BIO_ADDR* BIO_ADDR_new()
    void BIO_ADDR_free(BIO_ADDR* address)
    int DTLSv1_listen(SSL* ssl, BIO_ADDR* client)
    long DTLSv1_get_timeout(SSL* ssl, timeval* left)
    long DTLSv1_handle_timeout(SSL* ssl)
    size_t DTLS_get_data_mtu(const SSL* ssl)
    long SSL_set_mtu(SSL* ssl, long mtu)
    int SSL_is_dtls(const SSL* ssl)
    void SSL_CTX_set_cookie_generate_cb(
        SSL_CTX* context, int (*callback)(SSL*, unsigned char*, unsigned int*) noexcept)
    void SSL_CTX_set_cookie_verify_cb(
        SSL_CTX* context, int (*callback)(SSL*, const unsigned char*, unsigned int) noexcept)

    # ---- negotiation
    int TLSEXT_NAMETYPE_host_name
    int SSL_CTX_set_cipher_list(SSL_CTX* context, const char* ciphers)
    int SSL_set_cipher_list(SSL* ssl, const char* ciphers)
    int SSL_CTX_set_ciphersuites(SSL_CTX* context, const char* suites)
    int SSL_set_ciphersuites(SSL* ssl, const char* suites)
    SSL_CIPHER_LIST* SSL_CTX_get_ciphers(const SSL_CTX* context)
    SSL_CIPHER_LIST* SSL_get_ciphers(const SSL* ssl)
    SSL_CIPHER_LIST* sk_SSL_CIPHER_dup(const SSL_CIPHER_LIST* ciphers)
    void sk_SSL_CIPHER_free(SSL_CIPHER_LIST* ciphers)
    int sk_SSL_CIPHER_num(const SSL_CIPHER_LIST* ciphers)
    const SSL_CIPHER* sk_SSL_CIPHER_value(const SSL_CIPHER_LIST* ciphers, int index)
    int SSL_CTX_get_security_level(const SSL_CTX* context)
    void SSL_CTX_set_security_level(SSL_CTX* context, int level)
    int SSL_get_security_level(const SSL* ssl)
    void SSL_set_security_level(SSL* ssl, int level)
    long SSL_CTX_set_min_proto_version(SSL_CTX* context, int version)
    long SSL_CTX_set_max_proto_version(SSL_CTX* context, int version)
    long SSL_CTX_get_min_proto_version(SSL_CTX* context)
    long SSL_CTX_get_max_proto_version(SSL_CTX* context)
    long SSL_set_min_proto_version(SSL* ssl, int version)
    long SSL_set_max_proto_version(SSL* ssl, int version)
    long SSL_get_min_proto_version(SSL* ssl)
    long SSL_get_max_proto_version(SSL* ssl)
    long SSL_CTX_set1_groups(SSL_CTX* context, int* nids, long count)
    long SSL_CTX_set1_groups_list(SSL_CTX* context, const char* groups)
    long SSL_set1_groups_list(SSL* ssl, const char* groups)
    const char* brisk_default_groups()
    long SSL_CTX_set1_sigalgs_list(SSL_CTX* context, const char* algorithms)
    long SSL_set1_sigalgs_list(SSL* ssl, const char* algorithms)
    int SSL_CTX_set0_tmp_dh_pkey(SSL_CTX* context, EVP_PKEY* parameters)
    int SSL_CTX_set_alpn_protos(SSL_CTX* context, const unsigned char* protos, unsigned int size)
    int SSL_set_alpn_protos(SSL* ssl, const unsigned char* protos, unsigned int size)
    void SSL_CTX_set_alpn_select_cb(
        SSL_CTX* context,
        int (*callback)(SSL*, const unsigned char**, unsigned char*, const unsigned char*,
                        unsigned int, void*) noexcept,
        void* arg)
    void SSL_get0_alpn_selected(const SSL* ssl, const unsigned char** data, unsigned int* size)
    long SSL_CTX_set_tlsext_servername_callback(
        SSL_CTX* context, int (*callback)(SSL*, int*, void*) noexcept)
    long SSL_set_tlsext_host_name(SSL* ssl, const char* name)
    const char* SSL_get_servername(const SSL* ssl, int kind)
    int SSL_CTX_set_tlsext_use_srtp(SSL_CTX* context, const char* profiles)
    SRTP_PROTECTION_PROFILE* SSL_get_selected_srtp_profile(SSL* ssl)
    const char* brisk_group_name(SSL* ssl)

    int TLSEXT_TYPE_server_name
    int TLSEXT_TYPE_application_layer_protocol_negotiation
    int TLSEXT_MAXLEN_host_name

    int SSL_TLSEXT_ERR_OK
    int SSL_TLSEXT_ERR_ALERT_FATAL
    int SSL_TLSEXT_ERR_NOACK

    # ---- observers
    ctypedef void (*info_hook "brisk_info_hook")(const SSL*, int, int) noexcept
    void SSL_CTX_set_info_callback(SSL_CTX* context, info_hook callback)
    void SSL_set_info_callback(SSL* ssl, info_hook callback)
    ctypedef void (*keylog_hook "brisk_keylog_hook")(const SSL*, const char*) noexcept
    void SSL_CTX_set_keylog_callback(SSL_CTX* context, keylog_hook callback)

    ctypedef void (*message_hook "brisk_message_hook")(
        int, int, int, const void*, size_t, SSL*, void*) noexcept
    void SSL_set_msg_callback(SSL* ssl, message_hook callback)
    int SSL3_RT_HANDSHAKE
    int SSL3_MT_CLIENT_HELLO

    # ---- peer
    X509* SSL_get_certificate(const SSL* ssl)
    X509* SSL_get1_peer_certificate(const SSL* ssl)
    X509_CHAIN* SSL_get_peer_cert_chain(const SSL* ssl)
    X509_CHAIN* SSL_get0_verified_chain(const SSL* ssl)
    X509_NAME_LIST* SSL_get_client_CA_list(const SSL* ssl)
    X509_NAME_LIST* SSL_dup_CA_list(const X509_NAME_LIST* names)
    const SSL_CIPHER* SSL_get_current_cipher(const SSL* ssl)
    const char* SSL_CIPHER_get_name(const SSL_CIPHER* cipher)
    const char* SSL_CIPHER_get_version(const SSL_CIPHER* cipher)
    const char* SSL_CIPHER_standard_name(const SSL_CIPHER* cipher)
    int SSL_CIPHER_get_bits(const SSL_CIPHER* cipher, int* algorithm_bits)
    uint32_t SSL_CIPHER_get_id(const SSL_CIPHER* cipher)
    int SSL_CIPHER_is_aead(const SSL_CIPHER* cipher)
    int SSL_CIPHER_get_cipher_nid(const SSL_CIPHER* cipher)
    int SSL_CIPHER_get_digest_nid(const SSL_CIPHER* cipher)
    int NID_kx_any
    int NID_kx_rsa
    int NID_kx_rsa_psk
    int SSL_CIPHER_get_kx_nid(const SSL_CIPHER* cipher)
    int SSL_CIPHER_get_auth_nid(const SSL_CIPHER* cipher)
    char* SSL_CIPHER_description(const SSL_CIPHER* cipher, char* text, int size)
    SSL_CIPHER_LIST* SSL_get_client_ciphers(const SSL* ssl)
    const char* brisk_compression_name(SSL* ssl)
    char* SSL_get_shared_ciphers(const SSL* ssl, char* text, int size)
    const char* SSL_get_version(const SSL* ssl)
    int SSL_version(const SSL* ssl)
    const char* SSL_state_string(const SSL* ssl)
    const char* SSL_state_string_long(const SSL* ssl)
    long SSL_get_peer_tmp_key(SSL* ssl, EVP_PKEY** key)
    long SSL_get_peer_signature_nid(SSL* ssl, int* nid)
    int SSL_get_peer_signature_type_nid(const SSL* ssl, int* nid)
    int SSL_renegotiate(SSL* ssl)
    int SSL_renegotiate_pending(const SSL* ssl)
    long SSL_total_renegotiations(SSL* ssl)

    long SSL_get1_groups(SSL* ssl, int* numbers)
    long SSL_get_shared_group(SSL* ssl, long index)
    const char* SSL_group_to_name(SSL* ssl, int number)
    int SSL_get_sigalgs(SSL* ssl, int index, int* key, int* digest, int* both,
                        unsigned char* low, unsigned char* high)
    int SSL_get_shared_sigalgs(SSL* ssl, int index, int* key, int* digest, int* both,
                               unsigned char* low, unsigned char* high)
    long SSL_get_signature_nid(SSL* ssl, int* nid)
    int SSL_get_signature_type_nid(const SSL* ssl, int* nid)
    long SSL_CTX_set1_client_sigalgs_list(SSL_CTX* context, const char* algorithms)
    long SSL_set1_client_sigalgs_list(SSL* ssl, const char* algorithms)
    long SSL_CTX_set1_client_certificate_types(SSL_CTX* context, const unsigned char* kinds,
                                               long count)
    long SSL_set1_client_certificate_types(SSL* ssl, const unsigned char* kinds, long count)
    long SSL_get0_certificate_types(SSL* ssl, const unsigned char** kinds)
    const X509_NAME_LIST* SSL_get0_peer_CA_list(const SSL* ssl)
    void SSL_CTX_set0_CA_list(SSL_CTX* context, X509_NAME_LIST* names)
    void SSL_set0_CA_list(SSL* ssl, X509_NAME_LIST* names)
    void SSL_set_client_CA_list(SSL* ssl, X509_NAME_LIST* names)
    long SSL_get_extms_support(SSL* ssl)
    long SSL_get_secure_renegotiation_support(SSL* ssl)
    int SSL_client_version(const SSL* ssl)
    uint64_t BIO_number_read(BIO* bio)
    uint64_t BIO_number_written(BIO* bio)
    int SSL_KEY_UPDATE_REQUESTED
    int SSL_KEY_UPDATE_NOT_REQUESTED
    int SSL_KEY_UPDATE_NONE
    int SSL_key_update(SSL* ssl, int kind)
    int SSL_get_key_update_type(const SSL* ssl)
    int SSL_CTX_set_block_padding(SSL_CTX* context, size_t size)
    int SSL_set_block_padding(SSL* ssl, size_t size)
    long SSL_CTX_set_max_send_fragment(SSL_CTX* context, long size)
    long SSL_set_max_send_fragment(SSL* ssl, long size)
    long SSL_CTX_set_split_send_fragment(SSL_CTX* context, long size)
    long SSL_set_split_send_fragment(SSL* ssl, long size)
    long SSL_CTX_set_max_pipelines(SSL_CTX* context, long count)
    long SSL_set_max_pipelines(SSL* ssl, long count)
    int SSL_CTX_set_tlsext_max_fragment_length(SSL_CTX* context, uint8_t mode)
    int SSL_set_tlsext_max_fragment_length(SSL* ssl, uint8_t mode)
    void SSL_CTX_set_default_read_buffer_len(SSL_CTX* context, size_t size)
    void SSL_set_default_read_buffer_len(SSL* ssl, size_t size)
    uint16_t SSL_CIPHER_get_protocol_id(const SSL_CIPHER* cipher)
    const EVP_MD* SSL_CIPHER_get_handshake_digest(const SSL_CIPHER* cipher)
    const SSL_CIPHER* SSL_CIPHER_find(SSL* ssl, const unsigned char* number)
    ctypedef struct SRTP_PROFILES "STACK_OF(SRTP_PROTECTION_PROFILE)":
        pass
    SRTP_PROFILES* SSL_get_srtp_profiles(SSL* ssl)
    int sk_SRTP_PROTECTION_PROFILE_num(const SRTP_PROFILES* profiles)
    SRTP_PROTECTION_PROFILE* sk_SRTP_PROTECTION_PROFILE_value(
        const SRTP_PROFILES* profiles, int index)
    int SSL_set_tlsext_use_srtp(SSL* ssl, const char* profiles)
    ctypedef int (*security_hook "brisk_security_hook")(
        const SSL*, const SSL_CTX*, int, int, int, void*, void*) noexcept
    security_hook SSL_CTX_get_security_callback(const SSL_CTX* context)
    void SSL_CTX_set_security_callback(SSL_CTX* context, security_hook callback)
    void SSL_set_security_callback(SSL* ssl, security_hook callback)

    # ---- configuration
    ctypedef struct SSL_CONF_CTX:
        pass
    unsigned int SSL_CONF_FLAG_FILE
    unsigned int SSL_CONF_FLAG_CLIENT
    unsigned int SSL_CONF_FLAG_SERVER
    unsigned int SSL_CONF_FLAG_SHOW_ERRORS
    unsigned int SSL_CONF_FLAG_CERTIFICATE
    SSL_CONF_CTX* SSL_CONF_CTX_new()
    void SSL_CONF_CTX_free(SSL_CONF_CTX* commands)
    unsigned int SSL_CONF_CTX_set_flags(SSL_CONF_CTX* commands, unsigned int flags)
    unsigned int SSL_CONF_CTX_clear_flags(SSL_CONF_CTX* commands, unsigned int flags)
    void SSL_CONF_CTX_set_ssl_ctx(SSL_CONF_CTX* commands, SSL_CTX* context)
    void SSL_CONF_CTX_set_ssl(SSL_CONF_CTX* commands, SSL* ssl)
    int SSL_CONF_cmd(SSL_CONF_CTX* commands, const char* name, const char* value)
    int SSL_CONF_cmd_value_type(SSL_CONF_CTX* commands, const char* name)
    int SSL_CONF_CTX_finish(SSL_CONF_CTX* commands)

    # ---- hello
    int SSL_CLIENT_HELLO_SUCCESS
    int SSL_CLIENT_HELLO_ERROR
    int SSL_CLIENT_HELLO_RETRY
    ctypedef int (*hello_hook "brisk_hello_hook")(SSL*, int*, void*) noexcept
    void SSL_CTX_set_client_hello_cb(SSL_CTX* context, hello_hook callback, void* data)
    int SSL_client_hello_isv2(SSL* ssl)
    unsigned int SSL_client_hello_get0_legacy_version(SSL* ssl)
    size_t SSL_client_hello_get0_random(SSL* ssl, const unsigned char** data)
    size_t SSL_client_hello_get0_ciphers(SSL* ssl, const unsigned char** data)
    int SSL_client_hello_get0_ext(SSL* ssl, unsigned int kind, const unsigned char** data,
                                  size_t* size)
    ctypedef int (*certificate_hook "brisk_certificate_hook")(SSL*, void*) noexcept
    void SSL_CTX_set_cert_cb(SSL_CTX* context, certificate_hook callback, void* data)
    void SSL_set_cert_cb(SSL* ssl, certificate_hook callback, void* data)
    ctypedef int (*chain_hook "brisk_chain_hook")(X509_STORE_CTX*, void*) noexcept
    void SSL_CTX_set_cert_verify_callback(SSL_CTX* context, chain_hook callback, void* data)

    # ---- custom extensions
    unsigned int SSL_EXT_TLS1_3_CERTIFICATE
    ctypedef int (*extension_add_hook "SSL_custom_ext_add_cb_ex")(
        SSL*, unsigned int, unsigned int, const unsigned char**, size_t*, X509*, size_t, int*,
        void*) noexcept
    ctypedef void (*extension_free_hook "SSL_custom_ext_free_cb_ex")(
        SSL*, unsigned int, unsigned int, const unsigned char*, void*) noexcept
    ctypedef int (*extension_parse_hook "SSL_custom_ext_parse_cb_ex")(
        SSL*, unsigned int, unsigned int, const unsigned char*, size_t, X509*, size_t, int*,
        void*) noexcept
    int SSL_CTX_add_custom_ext(
        SSL_CTX* context, unsigned int number, unsigned int places, extension_add_hook add,
        extension_free_hook free, void* add_data, extension_parse_hook parse, void* parse_data)
    int SSL_extension_supported(unsigned int number)

    # ---- psk
    ctypedef unsigned int (*psk_client_hook "brisk_psk_client_hook")(
        SSL*, const char*, char*, unsigned int, unsigned char*, unsigned int) noexcept
    ctypedef unsigned int (*psk_server_hook "brisk_psk_server_hook")(
        SSL*, const char*, unsigned char*, unsigned int) noexcept
    ctypedef int (*psk_use_hook "brisk_psk_use_hook")(
        SSL*, const EVP_MD*, const unsigned char**, size_t*, SSL_SESSION**) noexcept
    ctypedef int (*psk_find_hook "brisk_psk_find_hook")(
        SSL*, const unsigned char*, size_t, SSL_SESSION**) noexcept
    void SSL_CTX_set_psk_client_callback(SSL_CTX* context, psk_client_hook callback)
    void SSL_CTX_set_psk_server_callback(SSL_CTX* context, psk_server_hook callback)
    void SSL_CTX_set_psk_use_session_callback(SSL_CTX* context, psk_use_hook callback)
    void SSL_CTX_set_psk_find_session_callback(SSL_CTX* context, psk_find_hook callback)
    void SSL_set_psk_client_callback(SSL* ssl, psk_client_hook callback)
    void SSL_set_psk_server_callback(SSL* ssl, psk_server_hook callback)
    void SSL_set_psk_use_session_callback(SSL* ssl, psk_use_hook callback)
    void SSL_set_psk_find_session_callback(SSL* ssl, psk_find_hook callback)
    int PSK_MAX_IDENTITY_LEN
    int SSL_CTX_use_psk_identity_hint(SSL_CTX* context, const char* hint)
    const char* SSL_get_psk_identity(const SSL* ssl)
    const char* SSL_get_psk_identity_hint(const SSL* ssl)

    # ---- early data
    int SSL_READ_EARLY_DATA_ERROR
    int SSL_READ_EARLY_DATA_SUCCESS
    int SSL_READ_EARLY_DATA_FINISH
    int SSL_EARLY_DATA_NOT_SENT
    int SSL_EARLY_DATA_REJECTED
    int SSL_EARLY_DATA_ACCEPTED
    int SSL_CTX_set_max_early_data(SSL_CTX* context, uint32_t size)
    uint32_t SSL_CTX_get_max_early_data(const SSL_CTX* context)
    int SSL_CTX_set_recv_max_early_data(SSL_CTX* context, uint32_t size)
    uint32_t SSL_CTX_get_recv_max_early_data(const SSL_CTX* context)
    int SSL_set_max_early_data(SSL* ssl, uint32_t size)
    uint32_t SSL_get_max_early_data(const SSL* ssl)
    int SSL_set_recv_max_early_data(SSL* ssl, uint32_t size)
    uint32_t SSL_get_recv_max_early_data(const SSL* ssl)
    int SSL_read_early_data(SSL* ssl, void* data, size_t size, size_t* got)
    int SSL_write_early_data(SSL* ssl, const void* data, size_t size, size_t* put)
    int SSL_get_early_data_status(const SSL* ssl)
    ctypedef int (*early_hook "brisk_early_hook")(SSL*, void*) noexcept
    void SSL_CTX_set_allow_early_data_cb(SSL_CTX* context, early_hook callback, void* data)
    int SSL_export_keying_material_early(
        SSL* ssl, unsigned char* data, size_t size, const char* label, size_t label_size,
        const unsigned char* context, size_t context_size)

    # ---- secrets
    size_t SSL_get_client_random(const SSL* ssl, unsigned char* data, size_t size)
    size_t SSL_get_server_random(const SSL* ssl, unsigned char* data, size_t size)
    size_t SSL_get_finished(const SSL* ssl, void* data, size_t size)
    size_t SSL_get_peer_finished(const SSL* ssl, void* data, size_t size)
    size_t SSL_SESSION_get_master_key(const SSL_SESSION* session, unsigned char* data, size_t size)
    int SSL_export_keying_material(
        SSL* ssl, unsigned char* data, size_t size, const char* label, size_t label_size,
        const unsigned char* context, size_t context_size, int use_context)

    # ---- sessions
    SSL_SESSION* SSL_get_session(const SSL* ssl)
    int SSL_set_session(SSL* ssl, SSL_SESSION* session)
    X509* SSL_SESSION_get0_peer(SSL_SESSION* session)
    const char* SSL_SESSION_get0_hostname(const SSL_SESSION* session)
    void SSL_SESSION_get0_alpn_selected(
        const SSL_SESSION* session, const unsigned char** data, size_t* size)
    int SSL_session_reused(const SSL* ssl)
    int TLS_ST_BEFORE
    int TLS_ST_OK
    int TLS_ST_CR_FINISHED
    int TLS_ST_CR_HELLO_REQ
    int TLS_ST_CW_CLNT_HELLO
    int TLS_ST_CW_KEY_EXCH
    int TLS_ST_EARLY_DATA
    int TLS_ST_SR_FINISHED
    int DTLS_ST_CR_HELLO_VERIFY_REQUEST
    int SSL_ST_CONNECT
    int SSL_get_state(const SSL* ssl)
    int SSL_in_before(const SSL* ssl)
    int SSL_in_init(const SSL* ssl)
    int SSL_is_server(const SSL* ssl)
    int SSL_is_init_finished(const SSL* ssl)
    SSL_SESSION* SSL_SESSION_dup(const SSL_SESSION* session)
    void SSL_SESSION_free(SSL_SESSION* session)
    SSL_SESSION* d2i_SSL_SESSION(SSL_SESSION** session, const unsigned char** data, long size)
    int i2d_SSL_SESSION(const SSL_SESSION* session, unsigned char** data)
    const unsigned char* SSL_SESSION_get_id(const SSL_SESSION* session, unsigned int* size)
    int SSL_SESSION_get_protocol_version(const SSL_SESSION* session)
    long SSL_SESSION_get_timeout(const SSL_SESSION* session)
    long SSL_SESSION_set_timeout(SSL_SESSION* session, long seconds)
    int SSL_SESSION_set1_id(SSL_SESSION* session, const unsigned char* id, unsigned int size)
    const unsigned char* SSL_SESSION_get0_id_context(
        const SSL_SESSION* session, unsigned int* size)
    int SSL_SESSION_set1_id_context(
        SSL_SESSION* session, const unsigned char* id, unsigned int size)
    int SSL_SESSION_set1_ticket_appdata(SSL_SESSION* session, const void* data, size_t size)
    int SSL_SESSION_get0_ticket_appdata(SSL_SESSION* session, void** data, size_t* size)
    int SSL_SESSION_has_ticket(const SSL_SESSION* session)
    unsigned long SSL_SESSION_get_ticket_lifetime_hint(const SSL_SESSION* session)
    int SSL_SESSION_is_resumable(const SSL_SESSION* session)
    long long brisk_session_time(const SSL_SESSION* session)
    int brisk_session_set_time(SSL_SESSION* session, long long seconds)
    long SSL_CTX_set_session_cache_mode(SSL_CTX* context, long mode)
    long SSL_CTX_get_session_cache_mode(SSL_CTX* context)
    long SSL_CTX_set_timeout(SSL_CTX* context, long seconds)
    long SSL_CTX_get_timeout(const SSL_CTX* context)
    int SSL_CTX_set_session_id_context(
        SSL_CTX* context, const unsigned char* id, unsigned int size)
    int SSL_set_session_id_context(SSL* ssl, const unsigned char* id, unsigned int size)
    int SSL_CTX_remove_session(SSL_CTX* context, SSL_SESSION* session)
    int SSL_TICKET_SUCCESS
    int SSL_TICKET_SUCCESS_RENEW
    int SSL_TICKET_RETURN_ABORT
    int SSL_TICKET_RETURN_IGNORE
    int SSL_TICKET_RETURN_IGNORE_RENEW
    int SSL_TICKET_RETURN_USE
    int SSL_TICKET_RETURN_USE_RENEW
    int SSL_CTX_set_session_ticket_cb(
        SSL_CTX* context, int (*generate)(SSL*, void*) noexcept,
        int (*use)(SSL*, SSL_SESSION*, const unsigned char*, size_t, int, void*) noexcept,
        void* arg)
    int SSL_set_num_tickets(SSL* ssl, size_t count)
    int SSL_CTX_set_num_tickets(SSL_CTX* context, size_t count)
    size_t SSL_CTX_get_num_tickets(const SSL_CTX* context)
    long SSL_CTX_sess_number(SSL_CTX* context)
    long SSL_CTX_sess_connect(SSL_CTX* context)
    long SSL_CTX_sess_connect_good(SSL_CTX* context)
    long SSL_CTX_sess_connect_renegotiate(SSL_CTX* context)
    long SSL_CTX_sess_accept(SSL_CTX* context)
    long SSL_CTX_sess_accept_good(SSL_CTX* context)
    long SSL_CTX_sess_accept_renegotiate(SSL_CTX* context)
    long SSL_CTX_sess_hits(SSL_CTX* context)
    long SSL_CTX_sess_cb_hits(SSL_CTX* context)
    long SSL_CTX_sess_misses(SSL_CTX* context)
    long SSL_CTX_sess_timeouts(SSL_CTX* context)
    long SSL_CTX_sess_cache_full(SSL_CTX* context)

    SSL_SESSION* SSL_SESSION_new()
    int SSL_SESSION_up_ref(SSL_SESSION* session)
    const SSL_CIPHER* SSL_SESSION_get0_cipher(const SSL_SESSION* session)
    const unsigned char* SSL_SESSION_get0_id_context(const SSL_SESSION* session,
                                                     unsigned int* size)
    void SSL_SESSION_get0_ticket(const SSL_SESSION* session, const unsigned char** data,
                                 size_t* size)
    uint32_t SSL_SESSION_get_max_early_data(const SSL_SESSION* session)
    int SSL_SESSION_set_max_early_data(SSL_SESSION* session, uint32_t size)
    uint8_t SSL_SESSION_get_max_fragment_length(const SSL_SESSION* session)
    int SSL_SESSION_set1_master_key(SSL_SESSION* session, const unsigned char* key, size_t size)
    int SSL_SESSION_set_cipher(SSL_SESSION* session, const SSL_CIPHER* cipher)
    int SSL_SESSION_set_protocol_version(SSL_SESSION* session, int version)
    int SSL_SESSION_set1_hostname(SSL_SESSION* session, const char* name)
    int SSL_SESSION_set1_alpn_selected(SSL_SESSION* session, const unsigned char* name,
                                       size_t size)
    int SSL_SESSION_set1_ticket_appdata(SSL_SESSION* session, const void* data, size_t size)
    int SSL_SESSION_get0_ticket_appdata(SSL_SESSION* session, void** data, size_t* size)
    int SSL_new_session_ticket(SSL* ssl)
    int SSL_set_num_tickets(SSL* ssl, size_t count)
    size_t SSL_get_num_tickets(const SSL* ssl)
    long SSL_CTX_sess_set_cache_size(SSL_CTX* context, long count)
    long SSL_CTX_sess_get_cache_size(SSL_CTX* context)
    void brisk_flush_sessions(SSL_CTX* context, long long seconds)
    int SSL_CTX_add_session(SSL_CTX* context, SSL_SESSION* session)
    int SSL_CTX_remove_session(SSL_CTX* context, SSL_SESSION* session)
    ctypedef int (*session_new_hook "brisk_session_new_hook")(SSL*, SSL_SESSION*) noexcept
    ctypedef void (*session_remove_hook "brisk_session_remove_hook")(
        SSL_CTX*, SSL_SESSION*) noexcept
    ctypedef SSL_SESSION* (*session_get_hook "brisk_session_get_hook")(
        SSL*, const unsigned char*, int, int*) noexcept
    void SSL_CTX_sess_set_new_cb(SSL_CTX* context, session_new_hook callback)
    void SSL_CTX_sess_set_remove_cb(SSL_CTX* context, session_remove_hook callback)
    void SSL_CTX_sess_set_get_cb(SSL_CTX* context, session_get_hook callback)

    # ---- settings
    uint64_t SSL_CTX_set_options(SSL_CTX* context, uint64_t options)
    uint64_t SSL_CTX_clear_options(SSL_CTX* context, uint64_t options)
    uint64_t SSL_CTX_get_options(const SSL_CTX* context)
    uint64_t SSL_set_options(SSL* ssl, uint64_t options)
    uint64_t SSL_clear_options(SSL* ssl, uint64_t options)
    uint64_t SSL_get_options(const SSL* ssl)
    uint64_t SSL_OP_NO_QUERY_MTU
    uint64_t SSL_OP_NO_ANTI_REPLAY
    long SSL_CTX_set_mode(SSL_CTX* context, long mode)
    long SSL_CTX_clear_mode(SSL_CTX* context, long mode)
    long SSL_CTX_get_mode(SSL_CTX* context)
    long SSL_set_mode(SSL* ssl, long mode)
    long SSL_clear_mode(SSL* ssl, long mode)
    long SSL_get_mode(SSL* ssl)

    # ---- stapling
    int TLSEXT_STATUSTYPE_ocsp
    ctypedef int (*status_hook "brisk_status_hook")(SSL*, void*) noexcept
    long SSL_CTX_set_tlsext_status_cb(SSL_CTX* context, status_hook callback)
    long SSL_CTX_set_tlsext_status_type(SSL_CTX* context, int kind)
    long SSL_set_tlsext_status_type(SSL* ssl, int kind)
    long SSL_get_tlsext_status_ocsp_resp(SSL* ssl, const unsigned char** data)
    long SSL_set_tlsext_status_ocsp_resp(SSL* ssl, unsigned char* data, long size)

    # ---- trust
    ctypedef int (*verify_hook "brisk_verify_hook")(int, X509_STORE_CTX*) noexcept
    int SSL_get_ex_data_X509_STORE_CTX_idx()
    int SSL_CTX_load_verify_locations(SSL_CTX* context, const char* file, const char* folder)
    int SSL_CTX_load_verify_store(SSL_CTX* context, const char* uri)
    int SSL_CTX_set_default_verify_paths(SSL_CTX* context)
    void SSL_CTX_set_verify(SSL_CTX* context, int mode, verify_hook callback)
    int SSL_CTX_get_verify_mode(const SSL_CTX* context)
    void SSL_CTX_set_verify_depth(SSL_CTX* context, int depth)
    int SSL_CTX_get_verify_depth(const SSL_CTX* context)
    void SSL_set_verify(SSL* ssl, int mode, verify_hook callback)
    int SSL_get_verify_mode(const SSL* ssl)
    verify_hook SSL_get_verify_callback(const SSL* ssl)
    void SSL_set_verify_depth(SSL* ssl, int depth)
    int SSL_get_verify_depth(const SSL* ssl)
    int SSL_verify_client_post_handshake(SSL* ssl)
    X509_VERIFY_PARAM* SSL_CTX_get0_param(SSL_CTX* context)
    void SSL_CTX_set1_cert_store(SSL_CTX* context, X509_STORE* store)
    X509_STORE* SSL_CTX_get_cert_store(const SSL_CTX* context)
    int SSL_CTX_add_client_CA(SSL_CTX* context, X509* authority)
    void SSL_CTX_set_client_CA_list(SSL_CTX* context, X509_NAME_LIST* names)
    int SSL_set1_host(SSL* ssl, const char* name)
    int SSL_add1_host(SSL* ssl, const char* name)
    void SSL_set_hostflags(SSL* ssl, unsigned int flags)
    const char* SSL_get0_peername(SSL* ssl)
    X509_VERIFY_PARAM* SSL_get0_param(SSL* ssl)
    int SSL_set1_param(SSL* ssl, X509_VERIFY_PARAM* rules)
    int SSL_set_session_id_context(SSL* ssl, const unsigned char* id, unsigned int size)
