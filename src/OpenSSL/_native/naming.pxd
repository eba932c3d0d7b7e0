from OpenSSL._native.libssl cimport SSL

# Whether anybody has said whom the peer's certificate must be for.
cdef bint is_named(SSL* ssl) noexcept nogil
