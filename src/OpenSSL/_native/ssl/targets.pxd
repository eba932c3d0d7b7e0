from OpenSSL._native.common.hooks cimport Hook
from OpenSSL._native.common.libssl cimport SSL, SSL_CTX
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context

ctypedef int (*number_of_ssl)(const SSL*) noexcept nogil
ctypedef int (*number_of_ctx)(const SSL_CTX*) noexcept nogil
ctypedef const char* (*text_of_ssl)(const SSL*) noexcept nogil

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

# What one function of libssl says.
cdef int number(Connection connection, number_of_ssl says) except? -1
cdef int context_number(Context context, number_of_ctx says) except? -1
cdef bytes text(Connection connection, text_of_ssl says)     # None for NULL

# The same for what libssl has as macros over SSL_CTX_ctrl(3) and SSL_ctrl(3): a Context or a
# Connection is asked about or told a number.  `tell` returns what libssl does.
cdef long ask(object target, int command) except? -1
cdef long tell(object target, int command, long number) except? -1

# Between change() and leave(): have libssl take a number and words; what it returns.
cdef long control(object target, int command, long number, const char* text) noexcept
# The same, or raise Error with these words.
cdef int require(
    object target, int command, long number, const char* text, str refusal) except -1
