"""Commands of OpenSSL's configuration files, carried out one after the other (SSL_CONF)."""

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libssl as s

cdef extern from "compat.h" nogil:
    unsigned int SSL_CONF_FLAG_FILE
    unsigned int SSL_CONF_FLAG_CLIENT
    unsigned int SSL_CONF_FLAG_SERVER
    unsigned int SSL_CONF_FLAG_SHOW_ERRORS
    unsigned int SSL_CONF_FLAG_CERTIFICATE
    s.SSL_CONF_CTX* SSL_CONF_CTX_new()
    void SSL_CONF_CTX_free(s.SSL_CONF_CTX* commands)
    unsigned int SSL_CONF_CTX_set_flags(s.SSL_CONF_CTX* commands, unsigned int flags)
    int SSL_CONF_cmd(s.SSL_CONF_CTX* commands, const char* name, const char* value)
    int SSL_CONF_CTX_finish(s.SSL_CONF_CTX* commands)

cdef enum:
    UNKNOWN = -2        # SSL_CONF_cmd: there is no such command
    NO_VALUE = -3       # it needs a value


cdef class Commands:
    """Owns an SSL_CONF_CTX."""

    def __cinit__(self):
        self.handle = NULL

    def __dealloc__(self):
        SSL_CONF_CTX_free(self.handle)


cdef Commands begin():
    cdef Commands commands = Commands.__new__(Commands)
    errors.clear()
    commands.handle = SSL_CONF_CTX_new()
    if commands.handle == NULL:
        errors.fail_ssl("SSL_CONF_CTX_new failed")
    SSL_CONF_CTX_set_flags(
        commands.handle, SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_CLIENT | SSL_CONF_FLAG_SERVER
        | SSL_CONF_FLAG_CERTIFICATE | SSL_CONF_FLAG_SHOW_ERRORS)
    return commands


cdef int carry_out(Commands commands, bytes name, bytes value) except -1:
    cdef int result
    errors.clear()
    result = SSL_CONF_cmd(
        commands.handle, name, NULL if value is None else <const char*>value)
    if result == UNKNOWN:
        errors.clear()
        raise ValueError(f"OpenSSL has no command {name.decode('utf-8', 'replace')}")
    if result == NO_VALUE:
        errors.clear()
        raise ValueError(f"{name.decode('utf-8', 'replace')} needs a value")
    if result <= 0:
        errors.fail_ssl(f"{name.decode('utf-8', 'replace')} cannot be set so")
    return 0


cdef int finish(Commands commands) except -1:
    errors.clear()
    if SSL_CONF_CTX_finish(commands.handle) != 1:
        errors.fail_ssl("the commands cannot be carried out")
    return 0
