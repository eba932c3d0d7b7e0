"""The target of a setting is a Context or a Connection: what one asks of it, and tells it.

Theory.  Most settings are one C call between ``enter`` and ``leave``.  What libssl has as a
function is handed here as a pointer; what it has as a macro over ``SSL_CTX_ctrl(3)`` and
``SSL_ctrl(3)`` is one number for a Context and a Connection alike.  A ``with`` statement would
be as short, but calling its ``__exit__`` takes memory after an exception; where there is none
the lock would never be given back.
"""

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport Hook
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context

cdef extern from "compat.h" nogil:
    long SSL_CTX_ctrl(s.SSL_CTX* context, int command, long number, void* data)
    long SSL_ctrl(s.SSL* ssl, int command, long number, void* data)


cdef int change(object target) except -1:
    if isinstance(target, Context):
        return (<Context>target).change()
    return (<Connection?>target).enter()


cdef int enter(object target) except -1:
    """To look at something only."""
    if isinstance(target, Context):
        return (<Context>target).enter()
    return (<Connection?>target).enter()


cdef void leave(object target) noexcept:
    if isinstance(target, Context):
        (<Context>target).leave()
    else:
        (<Connection>target).leave()


cdef s.SSL_CTX* context_of(object target) noexcept:
    return (<Context>target).handle if isinstance(target, Context) else NULL


cdef s.SSL* connection_of(object target) noexcept:
    return NULL if isinstance(target, Context) else (<Connection>target).handle


cdef int put_hook(object target, Hook which, object hook) except -1:
    if isinstance(target, Context):
        (<Context>target).hooks = (<Context>target).hooks.changed(which, hook)
    else:
        (<Connection>target).hooks = (<Connection>target).hooks.changed(which, hook)
        (<Connection>target).own(which)
    return 0


cdef int note_rule(object target, str name, object value) except -1:
    if isinstance(target, Context):
        return (<Context>target).note_rule(name, value)
    return (<Connection>target).note_rule(name, value)


cdef int note_size(object target, str name, long size) except -1:
    if isinstance(target, Context):
        (<Context>target).sizes[name] = size
        return 0
    return (<Connection>target).note_size(name, size)


# ---- one C call, under the target's lock

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
    enter(target)
    try:
        return control(target, command, 0, NULL)
    finally:
        leave(target)


cdef long tell(object target, int command, long number) except? -1:
    change(target)
    try:
        return control(target, command, number, NULL)
    finally:
        leave(target)


cdef int require(
    object target, int command, long number, const char* text, str refusal,
) except -1:
    errors.clear()
    if control(target, command, number, text) != 1:
        errors.fail_ssl(refusal)
    return 0
