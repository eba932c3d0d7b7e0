"""Certificate transparency: what logs have signed about a server's certificate."""

from libc.stdint cimport uint64_t

from cpython.bytes cimport PyBytes_FromStringAndSize

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
cimport OpenSSL._native.ssl.targets as targets
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport LAX, NO_LOGS, STRICT, Context

cdef extern from "compat.h" nogil:
    bint brisk_has_transparency()
    int SSL_CTX_enable_ct(s.SSL_CTX* context, int mode)
    int brisk_context_disable_ct(s.SSL_CTX* context)
    int SSL_CTX_ct_is_enabled(const s.SSL_CTX* context)
    int SSL_CTX_set_ctlog_list_file(s.SSL_CTX* context, const char* path)
    int SSL_CTX_set_default_ctlog_list_file(s.SSL_CTX* context)
    const c.SCT_LIST* SSL_get0_peer_scts(s.SSL* ssl)
    int sk_SCT_num(const c.SCT_LIST* list)
    c.SCT* sk_SCT_value(const c.SCT_LIST* list, int index)
    int SCT_get_version(const c.SCT* sct)
    size_t SCT_get0_log_id(const c.SCT* sct, unsigned char** id)
    uint64_t SCT_get_timestamp(const c.SCT* sct)
    int SCT_get_source(const c.SCT* sct)
    const char* SCT_validation_status_string(const c.SCT* sct)

has_transparency: bool = bool(brisk_has_transparency())


def context_enable(Context context not None, bint strict) -> None:
    context.change()
    try:
        errors.clear()
        if SSL_CTX_enable_ct(
                context.handle, s.SSL_CT_VALIDATION_STRICT if strict
                else s.SSL_CT_VALIDATION_PERMISSIVE) != 1:
            errors.fail_ssl("certificate transparency cannot be asked for")
        context.logs = STRICT if strict else LAX
    finally:
        context.leave()


def context_disable(Context context not None) -> None:
    context.change()
    try:
        errors.clear()
        if brisk_context_disable_ct(context.handle) != 1:
            errors.fail_ssl("certificate transparency cannot be switched off")
        context.logs = NO_LOGS
    finally:
        context.leave()


def context_is_enabled(Context context not None) -> bool:
    return targets.context_number(context, SSL_CTX_ct_is_enabled) != 0


def set_log_file(Context context not None, bytes path) -> None:
    """``path`` None: OpenSSL's own place."""
    cdef int result
    context.change()
    try:
        errors.clear()
        if path is None:
            result = SSL_CTX_set_default_ctlog_list_file(context.handle)
        else:
            result = SSL_CTX_set_ctlog_list_file(context.handle, path)
        if result != 1:
            errors.fail_ssl("the list of logs could not be loaded")
    finally:
        context.leave()


def enable(Connection connection not None, bint strict) -> None:
    connection.enter()
    try:
        errors.clear()
        if s.SSL_enable_ct(
                connection.handle, s.SSL_CT_VALIDATION_STRICT if strict
                else s.SSL_CT_VALIDATION_PERMISSIVE) != 1:
            errors.fail_ssl("certificate transparency cannot be asked for")
        connection.own_logs = True
    finally:
        connection.leave()


def disable(Connection connection not None) -> None:
    connection.enter()
    try:
        errors.clear()
        if s.brisk_disable_ct(connection.handle) != 1:
            errors.fail_ssl("certificate transparency cannot be switched off")
        connection.own_logs = True
    finally:
        connection.leave()


def is_enabled(Connection connection not None) -> bool:
    return targets.number(connection, s.SSL_ct_is_enabled) != 0


cdef tuple describe(c.SCT* stamp):
    cdef unsigned char* log = NULL
    cdef size_t size = SCT_get0_log_id(stamp, &log)
    name = b"" if log == NULL else PyBytes_FromStringAndSize(<const char*>log, size)
    words = (<bytes>SCT_validation_status_string(stamp)).decode("ascii", "replace")
    return (SCT_get_version(stamp), name, SCT_get_timestamp(stamp),
            SCT_get_source(stamp), words)


def get_timestamps(Connection connection not None) -> list[tuple[int, bytes, int, int, str]]:
    """Tuples of version, log, milliseconds since 1970, source and verdict."""
    cdef const c.SCT_LIST* stamps
    cdef int index
    cdef list found = []
    connection.enter()
    try:
        errors.clear()
        stamps = SSL_get0_peer_scts(connection.handle)
        if stamps == NULL:
            if errors.pending():
                errors.fail_ssl("the timestamps cannot be read")
            return found
        for index in range(sk_SCT_num(stamps)):
            found.append(describe(sk_SCT_value(stamps, index)))
        return found
    finally:
        connection.leave()
