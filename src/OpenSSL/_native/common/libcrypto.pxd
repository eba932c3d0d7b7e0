# Declarations of libcrypto and nothing else, sorted by header.

from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef extern from "compat.h" nogil:
    # ---- opensslv.h, crypto.h
    long OPENSSL_VERSION_NUMBER
    unsigned long OpenSSL_version_num()
    const char* OpenSSL_version(int kind)
    void* OPENSSL_malloc(size_t size)
    void OPENSSL_free(void* data)
    void OPENSSL_clear_free(void* data, size_t size)
    void OPENSSL_cleanse(void* data, size_t size)
    ctypedef struct CRYPTO_EX_DATA:
        pass

    # ---- err.h
    int ERR_LIB_CRYPTO
    int ERR_LIB_SYS
    int ERR_LIB_PEM
    int ERR_LIB_SSL
    int ERR_TXT_STRING
    unsigned long ERR_peek_error()
    unsigned long ERR_peek_last_error()
    unsigned long ERR_get_error_all(const char** file, int* line, const char** func,
                                    const char** data, int* flags)
    void ERR_add_error_data(int num, ...)
    void ERR_clear_error()
    const char* ERR_lib_error_string(unsigned long code)
    const char* ERR_reason_error_string(unsigned long code)
    int ERR_GET_LIB(unsigned long code)
    int ERR_GET_REASON(unsigned long code)
    void ERR_new()
    void ERR_set_debug(const char* file, int line, const char* func)
    void ERR_set_error(int lib, int reason, const char* fmt, ...)

    # ---- bio.h
    ctypedef struct BIO:
        pass
    ctypedef struct BIO_METHOD:
        pass
    int BIO_TYPE_SOURCE_SINK
    int BIO_CTRL_EOF
    int BIO_CTRL_PENDING
    int BIO_CTRL_WPENDING
    int BIO_CTRL_FLUSH
    int BIO_CTRL_DUP
    int BIO_CTRL_PUSH
    int BIO_CTRL_POP
    int BIO_CTRL_DGRAM_QUERY_MTU
    int BIO_CTRL_DGRAM_GET_MTU
    int BIO_CTRL_DGRAM_SET_MTU
    int BIO_CTRL_DGRAM_GET_FALLBACK_MTU
    int BIO_CTRL_DGRAM_GET_MTU_OVERHEAD
    int BIO_CTRL_DGRAM_MTU_EXCEEDED
    int BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT
    BIO* BIO_new(const BIO_METHOD* method)
    BIO* BIO_new_mem_buf(const void* data, int size)
    BIO* BIO_new_file(const char* path, const char* mode)
    const BIO_METHOD* BIO_s_mem()
    int BIO_eof(BIO* bio)
    int BIO_free(BIO* bio)
    long BIO_get_mem_data(BIO* bio, char** data)
    int BIO_read(BIO* bio, void* data, int size)
    int BIO_write(BIO* bio, const void* data, int size)
    int BIO_get_new_index()
    int BIO_tell(BIO* bio)
    BIO_METHOD* BIO_meth_new(int type, const char* name)
    int BIO_meth_set_write_ex(BIO_METHOD* method,
                              int (*write)(BIO*, const char*, size_t, size_t*) noexcept)
    int BIO_meth_set_read_ex(BIO_METHOD* method, int (*read)(BIO*, char*, size_t, size_t*) noexcept)
    int BIO_meth_set_ctrl(BIO_METHOD* method, long (*ctrl)(BIO*, int, long, void*) noexcept)
    int BIO_meth_set_create(BIO_METHOD* method, int (*create)(BIO*) noexcept)
    int BIO_meth_set_destroy(BIO_METHOD* method, int (*destroy)(BIO*) noexcept)
    void BIO_set_data(BIO* bio, void* data)
    void* BIO_get_data(BIO* bio)
    void BIO_set_init(BIO* bio, int init)
    void BIO_set_shutdown(BIO* bio, int shut)
    void BIO_clear_retry_flags(BIO* bio)
    void BIO_set_retry_read(BIO* bio)
    void BIO_set_retry_write(BIO* bio)

    # ---- evp.h
    ctypedef struct EVP_PKEY:
        pass
    ctypedef struct EVP_MD:
        pass
    ctypedef struct EVP_CIPHER:
        pass
    ctypedef struct EVP_MD_CTX:
        pass
    ctypedef struct EVP_PKEY_CTX:
        pass
    int EVP_MAX_MD_SIZE
    int EVP_PKEY_RSA
    int EVP_PKEY_DSA
    int EVP_PKEY_DH
    int EVP_PKEY_EC
    EVP_PKEY* EVP_PKEY_new()
    void EVP_PKEY_free(EVP_PKEY* key)
    int EVP_PKEY_up_ref(EVP_PKEY* key)
    int EVP_PKEY_get_bits(const EVP_PKEY* key)
    const char* EVP_PKEY_get0_type_name(const EVP_PKEY* key)
    int EVP_PKEY_get_group_name(const EVP_PKEY* key, char* name, size_t size, size_t* length)
    int EVP_PKEY_is_a(const EVP_PKEY* key, const char* name)
    int EVP_PKEY_get_id(const EVP_PKEY* key)
    int EVP_PKEY_print_private(BIO* out, const EVP_PKEY* key, int indent, void* context)
    EVP_PKEY_CTX* EVP_PKEY_CTX_new_from_name(void* library, const char* name, const char* query)
    EVP_PKEY_CTX* EVP_PKEY_CTX_new_from_pkey(void* library, EVP_PKEY* key, const char* query)
    void EVP_PKEY_CTX_free(EVP_PKEY_CTX* context)
    int EVP_PKEY_CTX_set_group_name(EVP_PKEY_CTX* context, const char* name)
    int EVP_PKEY_keygen_init(EVP_PKEY_CTX* context)
    int EVP_PKEY_paramgen_init(EVP_PKEY_CTX* context)
    int EVP_PKEY_generate(EVP_PKEY_CTX* context, EVP_PKEY** key)
    int EVP_PKEY_check(EVP_PKEY_CTX* context)
    int EVP_PKEY_CTX_set_rsa_keygen_bits(EVP_PKEY_CTX* context, int bits)
    int EVP_PKEY_CTX_set_dsa_paramgen_bits(EVP_PKEY_CTX* context, int bits)
    int EVP_PKEY_CTX_set_dsa_paramgen_q_bits(EVP_PKEY_CTX* context, int bits)
    int EVP_PKEY_CTX_set_dsa_paramgen_type(EVP_PKEY_CTX* context, const char* name)
    const EVP_MD* EVP_get_digestbyname(const char* name)
    const EVP_CIPHER* EVP_get_cipherbyname(const char* name)
    int EVP_Digest(const void* data, size_t size, unsigned char* digest, unsigned int* length,
                   const EVP_MD* kind, void* engine)
    int EVP_MD_is_a(const EVP_MD* kind, const char* name)
    const char* EVP_MD_get0_name(const EVP_MD* kind)
    EVP_MD_CTX* EVP_MD_CTX_new()
    void EVP_MD_CTX_free(EVP_MD_CTX* context)
    int EVP_DigestSignInit(EVP_MD_CTX* context, EVP_PKEY_CTX** key_context, const EVP_MD* kind,
                           void* engine, EVP_PKEY* key)
    int EVP_DigestSign(EVP_MD_CTX* context, unsigned char* signature, size_t* length,
                       const unsigned char* data, size_t size)
    int EVP_DigestVerifyInit(EVP_MD_CTX* context, EVP_PKEY_CTX** key_context, const EVP_MD* kind,
                             void* engine, EVP_PKEY* key)
    int EVP_DigestVerify(EVP_MD_CTX* context, const unsigned char* signature, size_t length,
                         const unsigned char* data, size_t size)

    # ---- bn.h
    ctypedef struct BIGNUM:
        pass
    BIGNUM* BN_bin2bn(const unsigned char* data, int size, BIGNUM* into)
    int BN_bn2bin(const BIGNUM* number, unsigned char* out)
    int BN_num_bytes(const BIGNUM* number)
    int BN_is_negative(const BIGNUM* number)
    void BN_set_negative(BIGNUM* number, int negative)
    void BN_free(BIGNUM* number)

    # ---- decoder.h
    ctypedef struct OSSL_DECODER_CTX:
        pass
    int OSSL_KEYMGMT_SELECT_ALL_PARAMETERS
    OSSL_DECODER_CTX* OSSL_DECODER_CTX_new_for_pkey(
        EVP_PKEY** key, const char* format, const char* structure, const char* kind,
        int selection, void* library, const char* properties)
    void OSSL_DECODER_CTX_free(OSSL_DECODER_CTX* decoder)
    int OSSL_DECODER_from_bio(OSSL_DECODER_CTX* decoder, BIO* bio)

    # ---- ec.h
    ctypedef struct EC_builtin_curve:
        int nid
        const char* comment
    int EC_curve_nist2nid(const char* name)
    size_t EC_get_builtin_curves(EC_builtin_curve* curves, size_t count)

    # ---- objects.h
    ctypedef struct ASN1_OBJECT:
        pass
    int NID_undef
    int NID_ad_OCSP
    int NID_ad_ca_issuers
    int NID_crl_distribution_points
    int NID_crl_reason
    int NID_tlsfeature
    int NID_ext_req
    int NID_info_access
    int NID_ms_ext_req
    int NID_pbe_WithSHA1And3_Key_TripleDES_CBC
    int NID_subject_alt_name
    int OBJ_txt2nid(const char* name)
    ASN1_OBJECT* OBJ_txt2obj(const char* name, int numeric)
    void ASN1_OBJECT_free(ASN1_OBJECT* kind)
    const char* OBJ_nid2sn(int nid)
    int OBJ_obj2nid(const ASN1_OBJECT* kind)
    int OBJ_obj2txt(char* out, int size, const ASN1_OBJECT* kind, int numeric)
    const char* OBJ_nid2ln(int nid)

    # ---- pem.h
    ctypedef int pem_password_cb(char* buffer, int size, int writing, void* data) noexcept
    int PEM_R_NO_START_LINE
    int X509_FILETYPE_PEM
    int X509_FILETYPE_ASN1
    X509* PEM_read_bio_X509(BIO* bio, X509** into, pem_password_cb* hook, void* data)
    X509* PEM_read_bio_X509_AUX(BIO* bio, X509** into, pem_password_cb* hook, void* data)
    int PEM_write_bio_X509(BIO* bio, X509* certificate)
    EVP_PKEY* PEM_read_bio_PrivateKey(BIO* bio, EVP_PKEY** into, pem_password_cb* hook, void* data)
    int PEM_write_bio_PrivateKey(BIO* bio, const EVP_PKEY* key, const EVP_CIPHER* cipher,
                                 const unsigned char* phrase, int size, pem_password_cb* hook,
                                 void* data)
    EVP_PKEY* PEM_read_bio_PUBKEY(BIO* bio, EVP_PKEY** into, pem_password_cb* hook, void* data)
    int PEM_write_bio_PUBKEY(BIO* bio, EVP_PKEY* key)

    # ---- asn1.h, x509.h
    ctypedef struct X509:
        pass
    ctypedef struct X509_NAME:
        pass
    ctypedef struct X509_STORE:
        pass
    ctypedef struct X509_STORE_CTX:
        pass
    ctypedef struct X509_VERIFY_PARAM:
        pass
    ctypedef struct X509_CHAIN "STACK_OF(X509)":
        pass
    ctypedef struct X509_NAME_LIST "STACK_OF(X509_NAME)":
        pass
    ctypedef struct ASN1_STRING:
        pass
    ctypedef struct ASN1_TIME:
        pass
    ctypedef struct ASN1_GENERALIZEDTIME:
        pass
    ctypedef struct ASN1_INTEGER:
        pass
    ctypedef struct ASN1_INTEGERS "STACK_OF(ASN1_INTEGER)":
        pass
    ctypedef struct OPENSSL_STRINGS "STACK_OF(OPENSSL_STRING)":
        pass
    ctypedef struct X509_ALGOR:
        pass
    ctypedef struct X509_ATTRIBUTE:
        pass
    ctypedef struct X509_CRL:
        pass
    ctypedef struct X509_EXTENSION:
        pass
    ctypedef struct X509_EXTENSION_LIST "STACK_OF(X509_EXTENSION)":
        pass
    ctypedef struct X509_NAME_ENTRY:
        pass
    ctypedef struct X509_REQ:
        pass
    ctypedef struct X509_REVOKED:
        pass
    ctypedef struct X509_REVOKED_LIST "STACK_OF(X509_REVOKED)":
        pass
    int MBSTRING_UTF8
    int V_ASN1_BIT_STRING
    int V_ASN1_GENERALIZEDTIME
    int ASN1_STRING_length(const ASN1_STRING* text)
    int ASN1_STRING_type(const ASN1_STRING* text)
    const unsigned char* ASN1_STRING_get0_data(const ASN1_STRING* text)
    int ASN1_STRING_to_UTF8(unsigned char** out, const ASN1_STRING* text)
    ASN1_TIME* ASN1_TIME_new()
    void ASN1_TIME_free(ASN1_TIME* time)
    ASN1_TIME* ASN1_TIME_set(ASN1_TIME* time, long long seconds)
    int ASN1_TIME_set_string(ASN1_TIME* time, const char* text)
    int ASN1_TIME_set_string_X509(ASN1_TIME* time, const char* text)
    int ASN1_TIME_print(BIO* bio, const ASN1_TIME* time)
    int ASN1_TIME_diff(int* days, int* seconds, const ASN1_TIME* start, const ASN1_TIME* end)
    ASN1_GENERALIZEDTIME* ASN1_TIME_to_generalizedtime(const ASN1_TIME* time,
                                                       ASN1_GENERALIZEDTIME** out)
    void ASN1_GENERALIZEDTIME_free(ASN1_GENERALIZEDTIME* time)
    ASN1_TIME* X509_time_adj_ex(ASN1_TIME* time, int days, long seconds, void* now)
    ctypedef struct ASN1_ENUMERATED:
        pass
    ASN1_ENUMERATED* ASN1_ENUMERATED_new()
    void ASN1_ENUMERATED_free(ASN1_ENUMERATED* number)
    int ASN1_ENUMERATED_set(ASN1_ENUMERATED* number, long value)
    void ASN1_INTEGER_free(ASN1_INTEGER* number)
    int i2a_ASN1_INTEGER(BIO* bio, const ASN1_INTEGER* number)
    BIGNUM* ASN1_INTEGER_to_BN(const ASN1_INTEGER* number, BIGNUM* into)
    ASN1_INTEGER* BN_to_ASN1_INTEGER(const BIGNUM* number, ASN1_INTEGER* into)
    void X509_ALGOR_get0(const ASN1_OBJECT** kind, int* type, const void** value,
                         const X509_ALGOR* algorithm)
    X509* X509_new()
    void X509_free(X509* certificate)
    int X509_up_ref(X509* certificate)
    X509* X509_dup(X509* certificate)
    X509* d2i_X509(X509** into, const unsigned char** data, long size)
    X509* d2i_X509_bio(BIO* bio, X509** into)
    int i2d_X509_bio(BIO* bio, X509* certificate)
    int i2d_re_X509_tbs(X509* certificate, unsigned char** out)
    int i2d_X509(const X509* certificate, unsigned char** out)
    EVP_PKEY* d2i_PrivateKey_bio(BIO* bio, EVP_PKEY** into)
    int i2d_PrivateKey(const EVP_PKEY* key, unsigned char** out)
    EVP_PKEY* d2i_PUBKEY_bio(BIO* bio, EVP_PKEY** into)
    int i2d_PUBKEY(const EVP_PKEY* key, unsigned char** out)
    int X509_print_ex(BIO* bio, X509* certificate, unsigned long name_flags,
                      unsigned long flags)
    X509_NAME* X509_get_subject_name(X509* certificate)
    int X509_set_subject_name(X509* certificate, const X509_NAME* name)
    X509_NAME* X509_get_issuer_name(X509* certificate)
    int X509_set_issuer_name(X509* certificate, const X509_NAME* name)
    long X509_get_version(const X509* certificate)
    int X509_set_version(X509* certificate, long version)
    const ASN1_INTEGER* X509_get0_serialNumber(const X509* certificate)
    int X509_set_serialNumber(X509* certificate, ASN1_INTEGER* serial)
    const ASN1_TIME* X509_get0_notBefore(const X509* certificate)
    int X509_set1_notBefore(X509* certificate, const ASN1_TIME* time)
    const ASN1_TIME* X509_get0_notAfter(const X509* certificate)
    int X509_set1_notAfter(X509* certificate, const ASN1_TIME* time)
    EVP_PKEY* X509_get0_pubkey(const X509* certificate)
    int X509_check_issued(X509* issuer, X509* subject)
    int X509_cmp(const X509* one, const X509* other)
    EVP_PKEY* X509_get_pubkey(X509* certificate)
    int X509_check_private_key(const X509* certificate, const EVP_PKEY* key)
    int X509_set_pubkey(X509* certificate, EVP_PKEY* key)
    const X509_ALGOR* X509_get0_tbs_sigalg(const X509* certificate)
    int X509_sign(X509* certificate, EVP_PKEY* key, const EVP_MD* digest)
    int X509_get_ext_count(const X509* certificate)
    X509_EXTENSION* X509_get_ext(const X509* certificate, int index)
    int X509_add_ext(X509* certificate, X509_EXTENSION* extension, int index)
    void* X509_get_ext_d2i(const X509* certificate, int nid, int* critical, int* index)
    const unsigned char* X509_alias_get0(X509* certificate, int* size)
    void X509_EXTENSION_free(X509_EXTENSION* extension)
    X509_EXTENSION* X509_EXTENSION_dup(const X509_EXTENSION* extension)
    ASN1_OBJECT* X509_EXTENSION_get_object(X509_EXTENSION* extension)
    ASN1_STRING* X509_EXTENSION_get_data(X509_EXTENSION* extension)
    int X509_EXTENSION_get_critical(const X509_EXTENSION* extension)
    X509_EXTENSION_LIST* sk_X509_EXTENSION_new_null()
    int sk_X509_EXTENSION_num(const X509_EXTENSION_LIST* extensions)
    X509_EXTENSION* sk_X509_EXTENSION_value(const X509_EXTENSION_LIST* extensions, int index)
    int sk_X509_EXTENSION_push(X509_EXTENSION_LIST* extensions, X509_EXTENSION* extension)
    void sk_X509_EXTENSION_free(X509_EXTENSION_LIST* extensions)
    X509_REQ* X509_REQ_new()
    void X509_REQ_free(X509_REQ* request)
    long X509_REQ_get_version(const X509_REQ* request)
    int X509_REQ_set_version(X509_REQ* request, long version)
    X509_NAME* X509_REQ_get_subject_name(const X509_REQ* request)
    EVP_PKEY* X509_REQ_get_pubkey(X509_REQ* request)
    int X509_REQ_set_pubkey(X509_REQ* request, EVP_PKEY* key)
    int X509_REQ_add_extensions(X509_REQ* request, X509_EXTENSION_LIST* extensions)
    X509_EXTENSION_LIST* X509_REQ_get_extensions(X509_REQ* request)
    int X509_REQ_get_attr_by_NID(const X509_REQ* request, int nid, int after)
    X509_ATTRIBUTE* X509_REQ_delete_attr(X509_REQ* request, int index)
    void X509_ATTRIBUTE_free(X509_ATTRIBUTE* attribute)
    int X509_REQ_sign(X509_REQ* request, EVP_PKEY* key, const EVP_MD* digest)
    int X509_REQ_verify(X509_REQ* request, EVP_PKEY* key)
    int X509_REQ_print_ex(BIO* bio, X509_REQ* request, unsigned long name_flags,
                          unsigned long flags)
    int i2d_re_X509_REQ_tbs(X509_REQ* request, unsigned char** out)
    X509_REQ* d2i_X509_REQ_bio(BIO* bio, X509_REQ** into)
    int i2d_X509_REQ_bio(BIO* bio, X509_REQ* request)
    X509_REQ* PEM_read_bio_X509_REQ(BIO* bio, X509_REQ** into, pem_password_cb* hook, void* data)
    int PEM_write_bio_X509_REQ(BIO* bio, X509_REQ* request)
    X509_CRL* X509_CRL_new()
    void X509_CRL_free(X509_CRL* crl)
    int X509_CRL_set_version(X509_CRL* crl, long version)
    int X509_CRL_set_issuer_name(X509_CRL* crl, const X509_NAME* name)
    X509_NAME* X509_CRL_get_issuer(const X509_CRL* crl)
    int X509_CRL_set1_lastUpdate(X509_CRL* crl, const ASN1_TIME* time)
    int X509_CRL_set1_nextUpdate(X509_CRL* crl, const ASN1_TIME* time)
    int X509_CRL_add0_revoked(X509_CRL* crl, X509_REVOKED* revoked)
    X509_REVOKED_LIST* X509_CRL_get_REVOKED(X509_CRL* crl)
    int X509_CRL_sort(X509_CRL* crl)
    int X509_CRL_sign(X509_CRL* crl, EVP_PKEY* key, const EVP_MD* digest)
    int X509_CRL_print(BIO* bio, X509_CRL* crl)
    int i2d_re_X509_CRL_tbs(X509_CRL* crl, unsigned char** out)
    int i2d_X509_CRL(const X509_CRL* crl, unsigned char** out)
    X509_CRL* d2i_X509_CRL(X509_CRL** into, const unsigned char** data, long size)
    X509_CRL* d2i_X509_CRL_bio(BIO* bio, X509_CRL** into)
    int i2d_X509_CRL_bio(BIO* bio, X509_CRL* crl)
    X509_CRL* PEM_read_bio_X509_CRL(BIO* bio, X509_CRL** into, pem_password_cb* hook, void* data)
    int PEM_write_bio_X509_CRL(BIO* bio, X509_CRL* crl)
    X509_REVOKED* X509_REVOKED_new()
    X509_REVOKED* X509_REVOKED_dup(const X509_REVOKED* revoked)
    void X509_REVOKED_free(X509_REVOKED* revoked)
    const ASN1_INTEGER* X509_REVOKED_get0_serialNumber(const X509_REVOKED* revoked)
    int X509_REVOKED_set_serialNumber(X509_REVOKED* revoked, ASN1_INTEGER* serial)
    const ASN1_TIME* X509_REVOKED_get0_revocationDate(const X509_REVOKED* revoked)
    int X509_REVOKED_set_revocationDate(X509_REVOKED* revoked, ASN1_TIME* time)
    int X509_REVOKED_get_ext_by_NID(const X509_REVOKED* revoked, int nid, int after)
    X509_EXTENSION* X509_REVOKED_get_ext(const X509_REVOKED* revoked, int index)
    X509_EXTENSION* X509_REVOKED_delete_ext(X509_REVOKED* revoked, int index)
    int X509_REVOKED_add1_ext_i2d(X509_REVOKED* revoked, int nid, void* value, int critical,
                                  unsigned long flags)
    int sk_X509_REVOKED_num(const X509_REVOKED_LIST* revoked)
    X509_REVOKED* sk_X509_REVOKED_value(const X509_REVOKED_LIST* revoked, int index)
    ctypedef struct NETSCAPE_SPKI:
        pass
    NETSCAPE_SPKI* NETSCAPE_SPKI_new()
    void NETSCAPE_SPKI_free(NETSCAPE_SPKI* request)
    int NETSCAPE_SPKI_sign(NETSCAPE_SPKI* request, EVP_PKEY* key, const EVP_MD* digest)
    int NETSCAPE_SPKI_verify(NETSCAPE_SPKI* request, EVP_PKEY* key)
    char* NETSCAPE_SPKI_b64_encode(NETSCAPE_SPKI* request)
    NETSCAPE_SPKI* NETSCAPE_SPKI_b64_decode(const char* text, int size)
    EVP_PKEY* NETSCAPE_SPKI_get_pubkey(NETSCAPE_SPKI* request)
    int NETSCAPE_SPKI_set_pubkey(NETSCAPE_SPKI* request, EVP_PKEY* key)
    X509_NAME* X509_NAME_new()
    X509_NAME* X509_NAME_dup(const X509_NAME* name)
    void X509_NAME_free(X509_NAME* name)
    int X509_NAME_cmp(const X509_NAME* a, const X509_NAME* b)
    unsigned long X509_NAME_hash_ex(const X509_NAME* name, void* library, const char* wanted,
                                    int* done)
    char* X509_NAME_oneline(const X509_NAME* name, char* out, int size)
    int i2d_X509_NAME(const X509_NAME* name, unsigned char** out)
    int X509_NAME_entry_count(const X509_NAME* name)
    int X509_NAME_get_index_by_NID(const X509_NAME* name, int nid, int after)
    X509_NAME_ENTRY* X509_NAME_get_entry(const X509_NAME* name, int index)
    X509_NAME_ENTRY* X509_NAME_delete_entry(X509_NAME* name, int index)
    int X509_NAME_add_entry_by_NID(X509_NAME* name, int nid, int type,
                                   const unsigned char* data, int size, int location, int set)
    void X509_NAME_ENTRY_free(X509_NAME_ENTRY* entry)
    ASN1_OBJECT* X509_NAME_ENTRY_get_object(const X509_NAME_ENTRY* entry)
    ASN1_STRING* X509_NAME_ENTRY_get_data(const X509_NAME_ENTRY* entry)
    int X509_NAME_ENTRY_set(const X509_NAME_ENTRY* entry)
    int sk_X509_num(const X509_CHAIN* chain)
    X509_CHAIN* X509_chain_up_ref(const X509_CHAIN* chain)
    X509* sk_X509_value(const X509_CHAIN* chain, int index)
    X509_CHAIN* sk_X509_new_null()
    int sk_X509_push(X509_CHAIN* chain, X509* certificate)
    void sk_X509_free(X509_CHAIN* chain)
    int sk_X509_NAME_num(const X509_NAME_LIST* names)
    X509_NAME* sk_X509_NAME_value(const X509_NAME_LIST* names, int index)
    X509_NAME_LIST* sk_X509_NAME_new_null()
    int sk_X509_NAME_push(X509_NAME_LIST* names, X509_NAME* name)
    void brisk_free_names(X509_NAME_LIST* names)

    # ---- x509_vfy.h
    int X509_V_OK
    int X509_V_ERR_UNSPECIFIED
    int X509_V_ERR_APPLICATION_VERIFICATION
    int X509_V_ERR_HOSTNAME_MISMATCH
    int X509_V_ERR_EMAIL_MISMATCH
    int X509_V_ERR_IP_ADDRESS_MISMATCH
    int X509_V_ERR_OUT_OF_MEM
    const char* X509_verify_cert_error_string(long code)
    int X509_V_FLAG_CRL_CHECK
    int X509_V_FLAG_CRL_CHECK_ALL
    int X509_V_FLAG_IGNORE_CRITICAL
    int X509_V_FLAG_X509_STRICT
    int X509_V_FLAG_ALLOW_PROXY_CERTS
    int X509_V_FLAG_POLICY_CHECK
    int X509_V_FLAG_EXPLICIT_POLICY
    int X509_V_FLAG_INHIBIT_MAP
    int X509_V_FLAG_CHECK_SS_SIGNATURE
    int X509_V_FLAG_PARTIAL_CHAIN
    X509_STORE* X509_STORE_new()
    void X509_STORE_free(X509_STORE* store)
    int X509_STORE_add_cert(X509_STORE* store, X509* certificate)
    X509_CHAIN* X509_STORE_get1_all_certs(X509_STORE* store)
    X509_VERIFY_PARAM* X509_STORE_get0_param(X509_STORE* store)
    int X509_STORE_set_flags(X509_STORE* store, unsigned long flags)
    int X509_STORE_load_locations(X509_STORE* store, const char* file, const char* directory)
    int X509_STORE_set_default_paths(X509_STORE* store)
    const char* X509_get_default_cert_dir()
    const char* X509_get_default_cert_dir_env()
    const char* X509_get_default_cert_file()
    const char* X509_get_default_cert_file_env()
    int brisk_store_size(X509_STORE* store)
    int X509_STORE_add_crl(X509_STORE* store, X509_CRL* crl)
    X509_VERIFY_PARAM* X509_VERIFY_PARAM_new()
    int X509_VERIFY_PARAM_set1(X509_VERIFY_PARAM* into, const X509_VERIFY_PARAM* source)
    uint32_t X509_VP_FLAG_OVERWRITE
    uint32_t X509_VP_FLAG_RESET_FLAGS
    int X509_VERIFY_PARAM_set_inh_flags(X509_VERIFY_PARAM* param, uint32_t flags)
    int X509_VERIFY_PARAM_set_purpose(X509_VERIFY_PARAM* param, int purpose)
    int X509_VERIFY_PARAM_set_trust(X509_VERIFY_PARAM* param, int trust)
    void X509_VERIFY_PARAM_set_depth(X509_VERIFY_PARAM* param, int depth)
    int X509_VERIFY_PARAM_get_depth(const X509_VERIFY_PARAM* param)
    void X509_VERIFY_PARAM_set_auth_level(X509_VERIFY_PARAM* param, int level)
    int X509_VERIFY_PARAM_get_auth_level(const X509_VERIFY_PARAM* param)
    long long X509_VERIFY_PARAM_get_time(const X509_VERIFY_PARAM* param)
    unsigned long X509_V_FLAG_USE_CHECK_TIME
    ctypedef struct ASN1_OBJECTS "STACK_OF(ASN1_OBJECT)":
        pass
    ASN1_OBJECTS* sk_ASN1_OBJECT_new_null()
    int sk_ASN1_OBJECT_push(ASN1_OBJECTS* objects, ASN1_OBJECT* one)
    void brisk_free_objects(ASN1_OBJECTS* objects)
    int X509_VERIFY_PARAM_set1_policies(X509_VERIFY_PARAM* param, ASN1_OBJECTS* policies)
    ctypedef struct X509_PURPOSE:
        pass
    int X509_PURPOSE_get_by_sname(const char* name)
    X509_PURPOSE* X509_PURPOSE_get0(int index)
    int X509_PURPOSE_get_id(const X509_PURPOSE* purpose)
    int X509_TRUST_COMPAT
    int X509_TRUST_SSL_CLIENT
    int X509_TRUST_SSL_SERVER
    int X509_TRUST_EMAIL
    int X509_TRUST_OBJECT_SIGN
    int X509_TRUST_OCSP_SIGN
    int X509_TRUST_OCSP_REQUEST
    int X509_TRUST_TSA
    void X509_VERIFY_PARAM_free(X509_VERIFY_PARAM* param)
    void X509_VERIFY_PARAM_set_time(X509_VERIFY_PARAM* param, long long seconds)
    X509_STORE_CTX* X509_STORE_CTX_new()
    void X509_STORE_CTX_free(X509_STORE_CTX* context)
    int X509_STORE_CTX_init(X509_STORE_CTX* context, X509_STORE* store, X509* certificate,
                            X509_CHAIN* untrusted)
    int X509_verify_cert(X509_STORE_CTX* context)
    X509* X509_STORE_CTX_get0_cert(const X509_STORE_CTX* context)
    X509_CHAIN* X509_STORE_CTX_get0_untrusted(const X509_STORE_CTX* context)
    X509_CHAIN* X509_STORE_CTX_get0_chain(const X509_STORE_CTX* context)
    int X509_STORE_up_ref(X509_STORE* store)
    void* X509_STORE_CTX_get_ex_data(X509_STORE_CTX* context, int index)
    X509* X509_STORE_CTX_get_current_cert(X509_STORE_CTX* context)
    int X509_STORE_CTX_get_error(X509_STORE_CTX* context)
    void X509_STORE_CTX_set_error(X509_STORE_CTX* context, int code)
    int X509_STORE_CTX_get_error_depth(X509_STORE_CTX* context)
    int X509_VERIFY_PARAM_set1_host(X509_VERIFY_PARAM* param, const char* name, size_t size)
    int X509_VERIFY_PARAM_add1_host(X509_VERIFY_PARAM* param, const char* name, size_t size)
    int X509_VERIFY_PARAM_set1_email(X509_VERIFY_PARAM* param, const char* address, size_t size)
    char* X509_VERIFY_PARAM_get0_email(X509_VERIFY_PARAM* param)
    int X509_VERIFY_PARAM_set1_ip_asc(X509_VERIFY_PARAM* param, const char* address)
    void X509_VERIFY_PARAM_set_hostflags(X509_VERIFY_PARAM* param, unsigned int flags)
    char* X509_VERIFY_PARAM_get0_peername(X509_VERIFY_PARAM* param)
    char* X509_VERIFY_PARAM_get0_host(X509_VERIFY_PARAM* param, int index)
    char* X509_VERIFY_PARAM_get1_ip_asc(X509_VERIFY_PARAM* param)
    unsigned long X509_VERIFY_PARAM_get_flags(const X509_VERIFY_PARAM* param)
    int X509_VERIFY_PARAM_set_flags(X509_VERIFY_PARAM* param, unsigned long flags)
    int X509_VERIFY_PARAM_clear_flags(X509_VERIFY_PARAM* param, unsigned long flags)
    unsigned int X509_CHECK_FLAG_NEVER_CHECK_SUBJECT
    unsigned int X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS
    unsigned int X509_VERIFY_PARAM_get_hostflags(const X509_VERIFY_PARAM* param)

    # ---- x509v3.h
    int X509_check_host(X509* certificate, const char* name, size_t size, unsigned int flags,
                        char** matched)
    int X509_check_ip_asc(X509* certificate, const char* address, unsigned int flags)
    int X509_check_email(X509* certificate, const char* address, size_t size,
                         unsigned int flags)
    int X509_check_ca(X509* certificate)
    ctypedef struct X509V3_CTX:
        pass
    ctypedef struct GENERAL_NAME:
        pass
    ctypedef struct GENERAL_NAMES:
        pass
    ctypedef struct ASN1_ITEM:
        pass
    ctypedef struct ASN1_VALUE:
        pass
    int ASN1_item_i2d(const ASN1_VALUE* value, unsigned char** out, const ASN1_ITEM* item)
    ASN1_VALUE* ASN1_item_d2i(ASN1_VALUE** value, const unsigned char** start, long size,
                              const ASN1_ITEM* item)
    void ASN1_item_free(ASN1_VALUE* value, const ASN1_ITEM* item)
    const ASN1_ITEM* GENERAL_NAME_it()
    const ASN1_ITEM* X509_it()
    const ASN1_ITEM* X509_CRL_it()
    const ASN1_ITEM* X509_EXTENSION_it()
    const ASN1_ITEM* X509_REQ_it()
    int GEN_EMAIL
    int GEN_DNS
    int GEN_DIRNAME
    int GEN_URI
    int GEN_IPADD
    int GEN_RID
    void X509V3_set_ctx(X509V3_CTX* context, X509* issuer, X509* subject, X509_REQ* request,
                        X509_CRL* crl, int flags)
    void X509V3_set_ctx_nodb(X509V3_CTX* context)
    X509_EXTENSION* X509V3_EXT_nconf(void* config, X509V3_CTX* context, const char* name,
                                     const char* value)
    void* X509V3_EXT_d2i(X509_EXTENSION* extension)
    int X509V3_EXT_print(BIO* bio, X509_EXTENSION* extension, unsigned long flags, int indent)
    void GENERAL_NAMES_free(GENERAL_NAMES* names)
    int sk_GENERAL_NAME_num(const GENERAL_NAMES* names)
    GENERAL_NAME* sk_GENERAL_NAME_value(const GENERAL_NAMES* names, int index)
    void* GENERAL_NAME_get0_value(const GENERAL_NAME* name, int* kind)
    int GENERAL_NAME_print(BIO* bio, GENERAL_NAME* name)
    ctypedef struct ACCESS_DESCRIPTION:
        ASN1_OBJECT* method
        GENERAL_NAME* location
    ctypedef struct AUTHORITY_INFO_ACCESS:
        pass
    ctypedef struct DIST_POINT:
        pass
    ctypedef struct CRL_DIST_POINTS:
        pass
    void AUTHORITY_INFO_ACCESS_free(AUTHORITY_INFO_ACCESS* access)
    int sk_ACCESS_DESCRIPTION_num(const AUTHORITY_INFO_ACCESS* access)
    ACCESS_DESCRIPTION* sk_ACCESS_DESCRIPTION_value(const AUTHORITY_INFO_ACCESS* access,
                                                    int index)
    void CRL_DIST_POINTS_free(CRL_DIST_POINTS* points)
    int sk_DIST_POINT_num(const CRL_DIST_POINTS* points)
    DIST_POINT* sk_DIST_POINT_value(const CRL_DIST_POINTS* points, int index)
    GENERAL_NAMES* brisk_point_names(const DIST_POINT* point)

    int sk_ASN1_INTEGER_num(const ASN1_INTEGERS* numbers)
    ASN1_INTEGER* sk_ASN1_INTEGER_value(const ASN1_INTEGERS* numbers, int index)
    void TLS_FEATURE_free(ASN1_INTEGERS* features)
    OPENSSL_STRINGS* X509_get1_ocsp(X509* certificate)
    int sk_OPENSSL_STRING_num(const OPENSSL_STRINGS* texts)
    char* sk_OPENSSL_STRING_value(const OPENSSL_STRINGS* texts, int index)
    void X509_email_free(OPENSSL_STRINGS* texts)

    # ---- conf.h
    ctypedef struct CONF:
        pass
    ctypedef struct CONF_VALUE:
        char* name
        char* value
    ctypedef struct CONF_VALUES "STACK_OF(CONF_VALUE)":
        pass
    CONF* NCONF_new(void* method)
    void NCONF_free(CONF* file)
    int NCONF_load(CONF* file, const char* path, long* line)
    CONF_VALUES* NCONF_get_section(const CONF* file, const char* section)
    int sk_CONF_VALUE_num(const CONF_VALUES* values)
    CONF_VALUE* sk_CONF_VALUE_value(const CONF_VALUES* values, int index)

    # ---- store.h
    ctypedef struct OSSL_STORE_CTX:
        pass
    ctypedef struct OSSL_STORE_INFO:
        pass
    int OSSL_STORE_INFO_CERT
    int OSSL_STORE_INFO_PKEY
    OSSL_STORE_CTX* OSSL_STORE_open(const char* uri, void* prompt, void* prompt_data,
                                    void* after, void* after_data)
    OSSL_STORE_CTX* OSSL_STORE_open_ex(
        const char* uri, void* library, const char* properties, const UI_METHOD* prompt,
        void* prompt_data, const void* params, void* after, void* after_data)
    OSSL_STORE_INFO* OSSL_STORE_load(OSSL_STORE_CTX* source)
    int OSSL_STORE_eof(OSSL_STORE_CTX* source)
    int OSSL_STORE_error(OSSL_STORE_CTX* source)
    int OSSL_STORE_close(OSSL_STORE_CTX* source)
    int OSSL_STORE_INFO_get_type(const OSSL_STORE_INFO* info)
    EVP_PKEY* OSSL_STORE_INFO_get1_PKEY(const OSSL_STORE_INFO* info)
    X509* OSSL_STORE_INFO_get1_CERT(const OSSL_STORE_INFO* info)
    void OSSL_STORE_INFO_free(OSSL_STORE_INFO* info)

    # ---- ui.h
    ctypedef struct UI_METHOD:
        pass
    UI_METHOD* UI_UTIL_wrap_read_pem_callback(pem_password_cb* hook, int writing)
    void UI_destroy_method(UI_METHOD* method)

    # ---- ct.h
    ctypedef struct SCT:
        pass
    ctypedef struct SCT_LIST "STACK_OF(SCT)":
        pass
    int sk_SCT_num(const SCT_LIST* list)
    SCT* sk_SCT_value(const SCT_LIST* list, int index)
    int SCT_get_version(const SCT* sct)
    size_t SCT_get0_log_id(const SCT* sct, unsigned char** id)
    uint64_t SCT_get_timestamp(const SCT* sct)
    int SCT_get_source(const SCT* sct)
    const char* SCT_validation_status_string(const SCT* sct)

    # ---- ocsp.h
    ctypedef struct OCSP_RESPONSE:
        pass
    ctypedef struct OCSP_BASICRESP:
        pass
    ctypedef struct OCSP_SINGLERESP:
        pass
    ctypedef struct OCSP_CERTID:
        pass
    ctypedef struct OCSP_REQUEST:
        pass
    ctypedef struct OCSP_ONEREQ:
        pass
    int OCSP_RESPONSE_STATUS_SUCCESSFUL
    OCSP_RESPONSE* d2i_OCSP_RESPONSE(OCSP_RESPONSE** reused, const unsigned char** data,
                                     long size)
    int i2d_OCSP_RESPONSE(OCSP_RESPONSE* response, unsigned char** out)
    void OCSP_RESPONSE_free(OCSP_RESPONSE* response)
    int OCSP_response_status(OCSP_RESPONSE* response)
    const char* OCSP_response_status_str(long status)
    OCSP_BASICRESP* OCSP_response_get1_basic(OCSP_RESPONSE* response)
    void OCSP_BASICRESP_free(OCSP_BASICRESP* basic)
    const ASN1_TIME* OCSP_resp_get0_produced_at(const OCSP_BASICRESP* basic)
    const X509_CHAIN* OCSP_resp_get0_certs(const OCSP_BASICRESP* basic)
    int OCSP_resp_get0_id(const OCSP_BASICRESP* basic, const ASN1_STRING** key_hash,
                          const X509_NAME** name)
    int OCSP_resp_get0_signer(OCSP_BASICRESP* basic, X509** signer, X509_CHAIN* others)
    int OCSP_resp_count(OCSP_BASICRESP* basic)
    OCSP_SINGLERESP* OCSP_resp_get0(OCSP_BASICRESP* basic, int index)
    const OCSP_CERTID* OCSP_SINGLERESP_get0_id(const OCSP_SINGLERESP* single)
    int OCSP_single_get0_status(OCSP_SINGLERESP* single, int* reason, ASN1_TIME** revoked,
                                ASN1_TIME** this_update, ASN1_TIME** next_update)
    const char* OCSP_cert_status_str(long status)
    const char* OCSP_crl_reason_str(long reason)
    int OCSP_check_validity(ASN1_TIME* this_update, ASN1_TIME* next_update, long leeway,
                            long maximum)
    int OCSP_basic_verify(OCSP_BASICRESP* basic, X509_CHAIN* certificates, X509_STORE* store,
                          unsigned long flags)
    int OCSP_id_get0_info(ASN1_STRING** name_hash, ASN1_OBJECT** digest, ASN1_STRING** key_hash,
                          ASN1_INTEGER** serial, OCSP_CERTID* id)
    OCSP_CERTID* OCSP_cert_to_id(const EVP_MD* digest, const X509* subject, const X509* issuer)
    int OCSP_id_cmp(const OCSP_CERTID* one, const OCSP_CERTID* other)
    void OCSP_CERTID_free(OCSP_CERTID* id)
    OCSP_REQUEST* OCSP_REQUEST_new()
    void OCSP_REQUEST_free(OCSP_REQUEST* request)
    OCSP_ONEREQ* OCSP_request_add0_id(OCSP_REQUEST* request, OCSP_CERTID* id)
    int i2d_OCSP_REQUEST(OCSP_REQUEST* request, unsigned char** out)

    # ---- pkcs7.h, pkcs12.h
    ctypedef struct PKCS7:
        ASN1_OBJECT* type
    ctypedef struct PKCS12:
        pass
    void PKCS7_free(PKCS7* message)
    PKCS7* PEM_read_bio_PKCS7(BIO* bio, PKCS7** into, pem_password_cb* hook, void* data)
    PKCS7* d2i_PKCS7_bio(BIO* bio, PKCS7** into)
    void PKCS12_free(PKCS12* archive)
    PKCS12* d2i_PKCS12_bio(BIO* bio, PKCS12** into)
    int i2d_PKCS12_bio(BIO* bio, const PKCS12* archive)
    int PKCS12_parse(PKCS12* archive, const char* phrase, EVP_PKEY** key, X509** certificate,
                     X509_CHAIN** authorities)
    PKCS12* PKCS12_create(const char* phrase, const char* name, EVP_PKEY* key, X509* certificate,
                          X509_CHAIN* authorities, int key_nid, int certificate_nid,
                          int iterations, int mac_iterations, int key_type)

    # ---- rand.h
    int RAND_status()
    void RAND_add(const void* data, int size, double entropy)
    int RAND_bytes(unsigned char* out, int size)

    # ---- evp.h, for seals
    int CRYPTO_memcmp(const void* one, const void* other, size_t size)
    const EVP_MD* EVP_sha256()
    int X509_digest(const X509* certificate, const EVP_MD* digest, unsigned char* out,
                    unsigned int* size)
    unsigned char* EVP_Q_mac(
        void* library, const char* name, const char* wanted, const char* digest,
        const void* params, const void* key, size_t key_size, const unsigned char* data,
        size_t size, unsigned char* out, size_t room, size_t* written)
