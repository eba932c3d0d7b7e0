# Declarations of libcrypto and nothing else, sorted by header.

from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef extern from "compat.h" nogil:
    # ---- opensslv.h, crypto.h
    long OPENSSL_VERSION_NUMBER
    unsigned long OpenSSL_version_num()
    const char* OpenSSL_version(int kind)
    void* OPENSSL_malloc(size_t size)
    void OPENSSL_free(void* data)
    void OPENSSL_cleanse(void* data, size_t size)
    ctypedef struct CRYPTO_EX_DATA:
        pass

    # ---- err.h
    int ERR_LIB_SYS
    int ERR_LIB_SSL
    int ERR_TXT_STRING
    unsigned long ERR_peek_error()
    unsigned long ERR_peek_last_error()
    unsigned long ERR_get_error_all(const char** file, int* line, const char** func,
                                    const char** data, int* flags)
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
    void EVP_PKEY_free(EVP_PKEY* key)
    int EVP_PKEY_up_ref(EVP_PKEY* key)
    int EVP_PKEY_get_bits(const EVP_PKEY* key)
    const char* EVP_PKEY_get0_type_name(const EVP_PKEY* key)
    int EVP_PKEY_get_group_name(const EVP_PKEY* key, char* name, size_t size, size_t* length)
    int EVP_PKEY_is_a(const EVP_PKEY* key, const char* name)

    # ---- objects.h, ec.h
    int NID_undef
    int EC_curve_nist2nid(const char* name)
    int OBJ_txt2nid(const char* name)
    const char* OBJ_nid2sn(int nid)

    # ---- decoder.h
    ctypedef struct OSSL_DECODER_CTX:
        pass
    int OSSL_KEYMGMT_SELECT_ALL_PARAMETERS
    OSSL_DECODER_CTX* OSSL_DECODER_CTX_new_for_pkey(
        EVP_PKEY** key, const char* format, const char* structure, const char* kind,
        int selection, void* library, const char* properties)
    void OSSL_DECODER_CTX_free(OSSL_DECODER_CTX* decoder)
    int OSSL_DECODER_from_bio(OSSL_DECODER_CTX* decoder, BIO* bio)

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
    X509* X509_new()
    void X509_free(X509* certificate)
    int X509_up_ref(X509* certificate)
    X509* X509_dup(X509* certificate)
    X509_NAME* X509_get_subject_name(X509* certificate)
    X509_NAME* X509_NAME_dup(const X509_NAME* name)
    void X509_NAME_free(X509_NAME* name)
    int sk_X509_num(const X509_CHAIN* chain)
    X509* sk_X509_value(const X509_CHAIN* chain, int index)
    int sk_X509_NAME_num(const X509_NAME_LIST* names)
    X509_NAME* sk_X509_NAME_value(const X509_NAME_LIST* names, int index)
    X509_NAME_LIST* sk_X509_NAME_new_null()
    int sk_X509_NAME_push(X509_NAME_LIST* names, X509_NAME* name)
    void sk_X509_NAME_free(X509_NAME_LIST* names)

    # ---- x509_vfy.h
    int X509_V_OK
    int X509_V_ERR_UNSPECIFIED
    int X509_V_ERR_APPLICATION_VERIFICATION
    const char* X509_verify_cert_error_string(long code)
    void X509_STORE_free(X509_STORE* store)
    int X509_STORE_up_ref(X509_STORE* store)
    void* X509_STORE_CTX_get_ex_data(X509_STORE_CTX* context, int index)
    X509* X509_STORE_CTX_get_current_cert(X509_STORE_CTX* context)
    int X509_STORE_CTX_get_error(X509_STORE_CTX* context)
    void X509_STORE_CTX_set_error(X509_STORE_CTX* context, int code)
    int X509_STORE_CTX_get_error_depth(X509_STORE_CTX* context)
    int X509_VERIFY_PARAM_set1_host(X509_VERIFY_PARAM* param, const char* name, size_t size)
    int X509_VERIFY_PARAM_set1_ip_asc(X509_VERIFY_PARAM* param, const char* address)
    void X509_VERIFY_PARAM_set_hostflags(X509_VERIFY_PARAM* param, unsigned int flags)
    char* X509_VERIFY_PARAM_get0_peername(X509_VERIFY_PARAM* param)
