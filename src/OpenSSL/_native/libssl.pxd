# Declarations of libssl and nothing else, sorted by topic.

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from OpenSSL._native.libcrypto cimport (
    BIO, CRYPTO_EX_DATA, EVP_PKEY, X509, X509_CHAIN, X509_NAME_LIST, X509_STORE,
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
    ctypedef struct timeval:
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
    int SSL_R_CERTIFICATE_VERIFY_FAILED
    int SSL_AD_REASON_OFFSET
    int SSL_AD_INTERNAL_ERROR
    int SSL_get_error(const SSL* ssl, int result)
    long SSL_get_verify_result(const SSL* ssl)
    void SSL_set_verify_result(SSL* ssl, long code)
