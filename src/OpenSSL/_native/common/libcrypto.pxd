# Declarations of libcrypto and nothing else, sorted by header.

from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef extern from "compat.h" nogil:
    # ---- opensslv.h, crypto.h
    void* OPENSSL_malloc(size_t size)
    void OPENSSL_free(void* data)
    void OPENSSL_cleanse(void* data, size_t size)
    ctypedef struct CRYPTO_EX_DATA:
        pass

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
    int BIO_CTRL_DGRAM_QUERY_MTU
    int BIO_CTRL_DGRAM_GET_MTU
    int BIO_CTRL_DGRAM_SET_MTU
    int BIO_CTRL_DGRAM_GET_FALLBACK_MTU
    BIO* BIO_new(const BIO_METHOD* method)
    void* BIO_get_data(BIO* bio)

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
    int EVP_PKEY_up_ref(EVP_PKEY* key)
    int EVP_PKEY_get_bits(const EVP_PKEY* key)
    const char* EVP_PKEY_get0_type_name(const EVP_PKEY* key)
    int EVP_PKEY_get_group_name(const EVP_PKEY* key, char* name, size_t size, size_t* length)
    int EVP_PKEY_is_a(const EVP_PKEY* key, const char* name)
    const EVP_MD* EVP_get_digestbyname(const char* name)

    # ---- bn.h
    ctypedef struct BIGNUM:
        pass

    # ---- decoder.h
    ctypedef struct OSSL_DECODER_CTX:
        pass

    # ---- ec.h
    ctypedef struct EC_builtin_curve:
        int nid
        const char* comment

    # ---- objects.h
    ctypedef struct ASN1_OBJECT:
        pass
    int NID_undef
    int NID_subject_alt_name
    int OBJ_txt2nid(const char* name)
    const char* OBJ_nid2sn(int nid)
    int OBJ_obj2nid(const ASN1_OBJECT* kind)
    int OBJ_obj2txt(char* out, int size, const ASN1_OBJECT* kind, int numeric)
    const char* OBJ_nid2ln(int nid)

    # ---- pem.h
    ctypedef int pem_password_cb(char* buffer, int size, int writing, void* data) noexcept

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
    int ASN1_STRING_type(const ASN1_STRING* text)
    void ASN1_TIME_free(ASN1_TIME* time)
    ctypedef struct ASN1_ENUMERATED:
        pass
    void ASN1_INTEGER_free(ASN1_INTEGER* number)
    int X509_up_ref(X509* certificate)
    X509_NAME* X509_get_subject_name(X509* certificate)
    int i2d_X509_NAME(const X509_NAME* name, unsigned char** out)
    X509_NAME* X509_get_issuer_name(X509* certificate)
    long X509_get_version(const X509* certificate)
    const ASN1_INTEGER* X509_get0_serialNumber(const X509* certificate)
    const ASN1_TIME* X509_get0_notBefore(const X509* certificate)
    const ASN1_TIME* X509_get0_notAfter(const X509* certificate)
    EVP_PKEY* X509_get0_pubkey(const X509* certificate)
    int i2d_PUBKEY(const EVP_PKEY* key, unsigned char** out)
    int X509_check_private_key(const X509* certificate, const EVP_PKEY* key)
    void* X509_get_ext_d2i(const X509* certificate, int nid, int* critical, int* index)
    ctypedef struct NETSCAPE_SPKI:
        pass
    X509_NAME* X509_NAME_dup(const X509_NAME* name)
    int X509_NAME_cmp(const X509_NAME* a, const X509_NAME* b)
    char* X509_NAME_oneline(const X509_NAME* name, char* out, int size)
    int X509_NAME_entry_count(const X509_NAME* name)
    X509_NAME_ENTRY* X509_NAME_get_entry(const X509_NAME* name, int index)
    ASN1_OBJECT* X509_NAME_ENTRY_get_object(const X509_NAME_ENTRY* entry)
    ASN1_STRING* X509_NAME_ENTRY_get_data(const X509_NAME_ENTRY* entry)
    int sk_X509_num(const X509_CHAIN* chain)
    X509* sk_X509_value(const X509_CHAIN* chain, int index)
    X509_CHAIN* sk_X509_new_null()
    int sk_X509_NAME_num(const X509_NAME_LIST* names)
    void brisk_free_names(X509_NAME_LIST* names)
    X509_NAME_LIST* brisk_copy_names(const X509_NAME_LIST* names)

    # ---- x509_vfy.h
    int X509_V_OK
    int X509_V_ERR_UNSPECIFIED
    int X509_V_ERR_APPLICATION_VERIFICATION
    const char* X509_verify_cert_error_string(long code)
    X509_STORE* X509_STORE_new()
    int X509_STORE_load_locations(X509_STORE* store, const char* file, const char* directory)
    int brisk_store_size(X509_STORE* store)
    ctypedef struct ASN1_OBJECTS "STACK_OF(ASN1_OBJECT)":
        pass
    ctypedef struct X509_PURPOSE:
        pass
    void X509_VERIFY_PARAM_set_time(X509_VERIFY_PARAM* param, long long seconds)
    int X509_verify_cert(X509_STORE_CTX* context)
    void* X509_STORE_CTX_get_ex_data(X509_STORE_CTX* context, int index)
    X509* X509_STORE_CTX_get_current_cert(X509_STORE_CTX* context)
    int X509_STORE_CTX_get_error(X509_STORE_CTX* context)
    void X509_STORE_CTX_set_error(X509_STORE_CTX* context, int code)
    int X509_STORE_CTX_get_error_depth(X509_STORE_CTX* context)
    int X509_VERIFY_PARAM_add1_host(X509_VERIFY_PARAM* param, const char* name, size_t size)
    void brisk_take_any_name(X509_VERIFY_PARAM* param)
    int X509_VERIFY_PARAM_set1_email(X509_VERIFY_PARAM* param, const char* address, size_t size)
    char* X509_VERIFY_PARAM_get0_email(X509_VERIFY_PARAM* param)
    int X509_VERIFY_PARAM_set1_ip_asc(X509_VERIFY_PARAM* param, const char* address)
    char* X509_VERIFY_PARAM_get0_host(X509_VERIFY_PARAM* param, int index)
    char* X509_VERIFY_PARAM_get1_ip_asc(X509_VERIFY_PARAM* param)
    unsigned long X509_VERIFY_PARAM_get_flags(const X509_VERIFY_PARAM* param)
    int X509_VERIFY_PARAM_set_flags(X509_VERIFY_PARAM* param, unsigned long flags)
    int X509_VERIFY_PARAM_clear_flags(X509_VERIFY_PARAM* param, unsigned long flags)
    unsigned int X509_VERIFY_PARAM_get_hostflags(const X509_VERIFY_PARAM* param)

    # ---- x509v3.h
    int X509_check_host(X509* certificate, const char* name, size_t size, unsigned int flags,
                        char** matched)
    int X509_check_ip_asc(X509* certificate, const char* address, unsigned int flags)
    int X509_check_email(X509* certificate, const char* address, size_t size,
                         unsigned int flags)
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
    int GEN_EMAIL
    int GEN_DNS
    int GEN_DIRNAME
    int GEN_URI
    int GEN_IPADD
    int GEN_RID
    int X509V3_EXT_print(BIO* bio, X509_EXTENSION* extension, unsigned long flags, int indent)
    void GENERAL_NAMES_free(GENERAL_NAMES* names)
    int sk_GENERAL_NAME_num(const GENERAL_NAMES* names)
    GENERAL_NAME* sk_GENERAL_NAME_value(const GENERAL_NAMES* names, int index)
    void* GENERAL_NAME_get0_value(const GENERAL_NAME* name, int* kind)
    ctypedef struct ACCESS_DESCRIPTION:
        ASN1_OBJECT* method
        GENERAL_NAME* location
    ctypedef struct AUTHORITY_INFO_ACCESS:
        pass
    ctypedef struct DIST_POINT:
        pass
    ctypedef struct CRL_DIST_POINTS:
        pass

    # ---- conf.h
    ctypedef struct CONF:
        pass
    ctypedef struct CONF_VALUE:
        char* name
        char* value
    ctypedef struct CONF_VALUES "STACK_OF(CONF_VALUE)":
        pass

    # ---- store.h
    ctypedef struct OSSL_STORE_CTX:
        pass
    ctypedef struct OSSL_STORE_INFO:
        pass
    int OSSL_STORE_close(OSSL_STORE_CTX* source)

    # ---- ui.h
    ctypedef struct UI_METHOD:
        pass

    # ---- ct.h
    ctypedef struct SCT:
        pass
    ctypedef struct SCT_LIST "STACK_OF(SCT)":
        pass

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

    # ---- pkcs7.h, pkcs12.h
    ctypedef struct PKCS7:
        ASN1_OBJECT* type
    ctypedef struct PKCS12:
        pass

    # ---- rand.h
    int RAND_bytes(unsigned char* out, int size)

    # ---- what else several files call
    void PKCS7_free(PKCS7* message)
    int X509_STORE_up_ref(X509_STORE* store)
