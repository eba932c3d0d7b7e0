from OpenSSL._native.common.hooks cimport Carrier, Hooks
from OpenSSL._native.common.libcrypto cimport X509_STORE_CTX
from OpenSSL._native.common.libssl cimport SSL, SSL_SESSION

# Have messages shown to those hooks that want to see them.
cdef void watch_messages(SSL* ssl, Hooks hooks) noexcept

# The same for those that are asked about padding.
cdef void watch_padding(SSL* ssl, Hooks hooks) noexcept
cdef bint keeps_padding(SSL* ssl) noexcept

# How padding is done under the keys there are: bits of `Channel.padded`.
cdef enum:
    ASKED = 1   # a callback has been asked
    HELD = 2    # one was there


# Whether a client's hello is shown to any.
cdef bint shows_hello(Hooks hooks) noexcept

# A hook's yes or no; anything else is a TypeError about what `whose` names.
cdef bint truth(object answer, str whose) except -1

# What is wrong with a peer that a hook refuses: as its Error says, or else this.
cdef int chosen_code(object error, int code) noexcept

# The Connection that libssl is at work for, or None.
cdef Carrier carrier_of(const SSL* ssl)

# Say what makes an object of a session that is lent.
ctypedef object (*show_session)(Carrier carrier, SSL_SESSION* session)
cdef void show_sessions_by(show_session show) noexcept

cdef void on_alert(const SSL* ssl, int where, int value) noexcept nogil

cdef int on_verify(int ok, X509_STORE_CTX* chain) noexcept with gil
cdef void on_info(const SSL* ssl, int where, int value) noexcept with gil
cdef void on_message(
    int writing, int version, int kind, const void* data, size_t size, SSL* ssl, void* unused,
) noexcept with gil
cdef size_t on_padding(SSL* ssl, int kind, size_t size, void* unused) noexcept with gil
cdef int on_session_new(SSL* ssl, SSL_SESSION* session) noexcept nogil
cdef int on_early_data(SSL* ssl, void* unused) noexcept with gil
cdef int on_cookie_generate(SSL* ssl, unsigned char* cookie, unsigned int* size) noexcept with gil
cdef int on_cookie_verify(
    SSL* ssl, const unsigned char* cookie, unsigned int size,
) noexcept with gil
