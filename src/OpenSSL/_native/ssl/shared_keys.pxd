from libc.stdint cimport uint32_t

cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport Carrier, Hooks

# Have libssl ask the hooks that there are for keys that both sides know beforehand.
cdef void adopt_keys(s.SSL* ssl, Hooks hooks) noexcept
cdef void ask_keys(s.SSL_CTX* context, Hooks hooks) noexcept
# Ask a client for its key now, to use it in the hello: how much early data it allows.
cdef uint32_t make_ready(s.SSL* ssl, Carrier carrier) except? 0
