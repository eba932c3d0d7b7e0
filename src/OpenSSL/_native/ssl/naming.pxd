from OpenSSL._native.common.libcrypto cimport X509
from OpenSSL._native.common.libssl cimport SSL

# Whether anybody has said whom the peer's certificate must be for.
cdef bint is_named(SSL* ssl) noexcept nogil

# X509_V_OK, or which of the names that are asked for the certificate lacks.  libcrypto looks
# at that itself (check_id, 3.0 to 4.0), but not where something else takes the place of its
# verification.
cdef int misnamed(SSL* ssl, X509* certificate, bint addressed) noexcept nogil
