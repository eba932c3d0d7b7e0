from OpenSSL._native.libcrypto cimport X509
from OpenSSL._native.libssl cimport SSL

# Whether anybody has said whom the peer's certificate must be for.
cdef bint is_named(SSL* ssl) noexcept nogil
# Whether a certificate is for the e-mail address that is asked for, if one is.
cdef bint email_fits(SSL* ssl, X509* certificate) noexcept nogil
