cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport Hooks

# Have libssl ask the hooks that there are for keys that both sides know beforehand.
cdef void adopt_keys(s.SSL* ssl, Hooks hooks) noexcept
cdef void ask_keys(s.SSL_CTX* context, Hooks hooks) noexcept
