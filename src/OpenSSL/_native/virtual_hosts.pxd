from OpenSSL._native.libssl cimport SSL

cdef enum Fit:
    FITS
    OTHER_VERSION
    OTHER_SESSION
    NO_CERTIFICATE

cdef Fit host_fits(SSL* ssl) noexcept nogil
cdef bint certificate_fits(SSL* ssl) noexcept nogil
cdef Fit choice_fits(SSL* ssl, const unsigned char* protocol, size_t size) noexcept nogil
cdef bint offer_fits(SSL* ssl, bint addressed) noexcept nogil
cdef int refuse_host(Fit fit) except -1
