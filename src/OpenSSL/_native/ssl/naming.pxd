from OpenSSL._native.common.libcrypto cimport X509, X509_STORE_CTX, X509_VERIFY_PARAM
from OpenSSL._native.common.libssl cimport SSL
from OpenSSL._native.ssl.channel cimport Channel

# Whether anybody has said whom the peer's certificate must be for.
cdef bint is_named(SSL* ssl) noexcept nogil

# Whether a verification is to ask for the names that the connection asks for.  Where there is no
# memory for them libssl goes on without (ssl_verify_cert_chain, 3.0; ssl_verify_internal, 3.5 and
# 4.0); then the chain is told that memory was short.
cdef bint took_names(const Channel* channel, X509_STORE_CTX* chain) noexcept nogil

# Whether a name was asked for that these do not have: there was no memory for it.
cdef bint has_lost(const Channel* channel, X509_VERIFY_PARAM* asked) noexcept nogil

# X509_V_OK, or which of the names that are asked for the certificate lacks.  libcrypto looks
# at that itself (check_id, 3.0 to 4.0), but not where something else takes the place of its
# verification.
cdef int misnamed(SSL* ssl, X509* certificate, bint addressed) noexcept nogil
