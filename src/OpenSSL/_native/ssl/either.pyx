"""A Context or a Connection: what a setting that both have needs of either."""

cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport Hook
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context


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
