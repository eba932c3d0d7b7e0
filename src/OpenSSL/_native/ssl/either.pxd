from OpenSSL._native.common.hooks cimport Hook
from OpenSSL._native.common.libssl cimport SSL, SSL_CTX

# Hold a Context or a Connection to be changed; anything else is a TypeError.
cdef int change(object target) except -1
cdef int enter(object target) except -1
cdef void leave(object target) noexcept
# Exactly one of these is not NULL.
cdef SSL_CTX* context_of(object target) noexcept
cdef SSL* connection_of(object target) noexcept
# Have another hook of this kind, or None; a Connection's own one stays with it.
cdef int put_hook(object target, Hook which, object hook) except -1
# A session made by another such rule is not resumed; see `rules`.
cdef int note_rule(object target, str name, object value) except -1
# How records are made, for connections that are given another Context.
cdef int note_size(object target, str name, long size) except -1
