from OpenSSL._native.common.libssl cimport SSL

# Take out a server's ciphers in which the peer encrypts to its key; False when that cannot be.
cdef bint decrypt_nothing(SSL* ssl) noexcept nogil

# Let an `Error` that a hook raises say which alert the peer is sent.
cdef void choose_alert(object error, int* alert) noexcept

cdef int on_hello(SSL* ssl, int* alert, void* unused) noexcept nogil
cdef int on_alpn_select(
    SSL* ssl, const unsigned char** out, unsigned char* out_size,
    const unsigned char* offered, unsigned int offered_size, void* unused) noexcept nogil
cdef int on_servername(SSL* ssl, int* alert, void* unused) noexcept nogil
