"""One thing asked of libssl, or told to it, under the lock of who is asked.

Theory.  Most settings are one C call between ``enter`` and ``leave``.  What libssl has as a
function is handed here as a pointer; what it has as a macro over ``SSL_CTX_ctrl(3)`` and
``SSL_ctrl(3)`` is one number for a Context and a Connection alike.  A ``with`` statement would
be as short, but calling its ``__exit__`` takes memory after an exception; where there is none
the lock would never be given back.
"""

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libssl as s
cimport OpenSSL._native.ssl.either as either
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context

cdef extern from "compat.h" nogil:
    long SSL_CTX_ctrl(s.SSL_CTX* context, int command, long number, void* data)
    long SSL_ctrl(s.SSL* ssl, int command, long number, void* data)


cdef int number(Connection connection, number_of_ssl says) except? -1:
    connection.enter()
    try:
        return says(connection.handle)
    finally:
        connection.leave()


cdef int context_number(Context context, number_of_ctx says) except? -1:
    context.enter()
    try:
        return says(context.handle)
    finally:
        context.leave()


cdef bytes text(Connection connection, text_of_ssl says):
    cdef const char* said
    connection.enter()
    try:
        said = says(connection.handle)
        return None if said == NULL else <bytes>said
    finally:
        connection.leave()


cdef long control(object target, int command, long number, const char* text) noexcept:
    if isinstance(target, Context):
        return SSL_CTX_ctrl((<Context>target).handle, command, number, <void*>text)
    return SSL_ctrl((<Connection>target).handle, command, number, <void*>text)


cdef long ask(object target, int command) except? -1:
    either.enter(target)
    try:
        return control(target, command, 0, NULL)
    finally:
        either.leave(target)


cdef long tell(object target, int command, long number) except? -1:
    either.change(target)
    try:
        return control(target, command, number, NULL)
    finally:
        either.leave(target)


cdef int require(
    object target, int command, long number, const char* text, str refusal,
) except -1:
    errors.clear()
    if control(target, command, number, text) != 1:
        errors.fail_ssl(refusal)
    return 0
