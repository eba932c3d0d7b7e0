cimport OpenSSL._native.common.libssl as s

cdef bytes checked_key(object key, size_t room)

# What libssl gets belongs to it.
cdef s.SSL_SESSION* new_session(object key, object cipher) except NULL
# Of a key and the name of a cipher, or of a Session that a program has made of these.
cdef s.SSL_SESSION* session_for(s.SSL* ssl, object key, object cipher) except NULL

# Copy such a Session; raise where it is none.  Classes that own handles stand above this file.
ctypedef s.SSL_SESSION* (*ready_copier)(object session) except NULL
cdef void set_copier(ready_copier copier) noexcept
