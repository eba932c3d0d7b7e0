"""Settings by name, as OpenSSL's programs and configuration files have them (SSL_CONF)."""

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport ON_VERIFY
from OpenSSL._native.common.passphrases cimport Passphrase, of_context, on_passphrase
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context

from os import urandom

from OpenSSL._exceptions import Error

cdef extern from "compat.h" nogil:
    unsigned int SSL_CONF_FLAG_FILE
    unsigned int SSL_CONF_FLAG_CLIENT
    unsigned int SSL_CONF_FLAG_SERVER
    unsigned int SSL_CONF_FLAG_SHOW_ERRORS
    unsigned int SSL_CONF_FLAG_CERTIFICATE
    s.SSL_CONF_CTX* SSL_CONF_CTX_new()
    void SSL_CONF_CTX_free(s.SSL_CONF_CTX* commands)
    unsigned int SSL_CONF_CTX_set_flags(s.SSL_CONF_CTX* commands, unsigned int flags)
    void SSL_CONF_CTX_set_ssl_ctx(s.SSL_CONF_CTX* commands, s.SSL_CTX* context)
    void SSL_CONF_CTX_set_ssl(s.SSL_CONF_CTX* commands, s.SSL* ssl)
    int SSL_CONF_cmd(s.SSL_CONF_CTX* commands, const char* name, const char* value)
    int SSL_CONF_CTX_finish(s.SSL_CONF_CTX* commands)
    c.CONF* NCONF_new(void* method)
    void NCONF_free(c.CONF* file)
    int NCONF_load(c.CONF* file, const char* path, long* line)
    c.CONF_VALUES* NCONF_get_section(const c.CONF* file, const char* section)
    int sk_CONF_VALUE_num(const c.CONF_VALUES* values)
    c.CONF_VALUE* sk_CONF_VALUE_value(const c.CONF_VALUES* values, int index)

cdef enum:
    UNKNOWN = -2        # SSL_CONF_cmd: there is no such command
    NO_VALUE = -3       # it needs a value


cdef class Commands:
    """Owns an SSL_CONF_CTX."""
    cdef s.SSL_CONF_CTX* handle

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


cdef int run(Commands commands, list wanted) except -1:
    cdef int result
    for name, value in wanted:
        errors.clear()
        result = SSL_CONF_cmd(
            commands.handle, <bytes>name, NULL if value is None else <const char*><bytes>value)
        if result == UNKNOWN:
            errors.clear()
            raise ValueError(f"OpenSSL has no command {name.decode('utf-8', 'replace')}")
        if result == NO_VALUE:
            errors.clear()
            raise ValueError(f"{name.decode('utf-8', 'replace')} needs a value")
        if result <= 0:
            errors.fail_ssl(f"{name.decode('utf-8', 'replace')} cannot be set so")
    errors.clear()
    if SSL_CONF_CTX_finish(commands.handle) != 1:
        errors.fail_ssl("the commands cannot be carried out")
    return 0


cdef int configure_context(Context context, list wanted) except -1:
    cdef Passphrase passphrase
    cdef Commands commands = begin()
    cdef int mode
    context.change()
    try:
        # The library's own would ask at the terminal.
        passphrase = of_context(None if context.passphrase is None else context.passphrase.value)
        s.SSL_CTX_set_default_passwd_cb(context.handle, on_passphrase)
        s.SSL_CTX_set_default_passwd_cb_userdata(context.handle, <void*>passphrase)
        context.ruled = True
        # Whom to trust may be among it, past what is compared: then only this Context's own
        # sessions are resumed, until it is configured again.
        context.note_rule("configuration", urandom(16))
        mode = s.SSL_CTX_get_verify_mode(context.handle)
        SSL_CONF_CTX_set_ssl_ctx(commands.handle, context.handle)
        try:
            run(commands, wanted)
        except BaseException:
            passphrase.raise_kept()
            raise
        finally:
            s.SSL_CTX_set_default_passwd_cb_userdata(context.handle, NULL)
            s.SSL_CTX_set_default_passwd_cb(context.handle, NULL)
            if s.SSL_CTX_get_verify_mode(context.handle) != mode:
                context.verify_set = True
    finally:
        context.leave()
    return 0


cdef int configure_connection(Connection connection, list wanted) except -1:
    cdef Commands commands = begin()
    cdef Passphrase nobody = of_context(None)
    cdef int mode
    connection.enter()
    try:
        if not (s.SSL_in_before(connection.handle)
                or s.SSL_is_init_finished(connection.handle)):
            raise Error([("SSL routines", "", "too late: in the middle of a handshake")])
        connection.own_criteria()       # no session stands for what is set here
        mode = s.SSL_get_verify_mode(connection.handle)
        s.SSL_set_default_passwd_cb(connection.handle, on_passphrase)
        s.SSL_set_default_passwd_cb_userdata(connection.handle, <void*>nobody)
        SSL_CONF_CTX_set_ssl(commands.handle, connection.handle)
        try:
            run(commands, wanted)
        finally:
            s.SSL_set_default_passwd_cb_userdata(connection.handle, NULL)
            s.SSL_set_default_passwd_cb(connection.handle, NULL)
            if s.SSL_get_verify_mode(connection.handle) != mode:
                connection.own(ON_VERIFY)
    finally:
        connection.leave()
    return 0


def configure(
    target not None: Context | Connection, list commands not None: list[tuple[bytes, bytes | None]],
) -> None:
    if isinstance(target, Context):
        configure_context(target, commands)
    else:
        configure_connection(<Connection?>target, commands)


# ---- files

cdef class File:
    """Owns a CONF."""
    cdef c.CONF* handle

    def __cinit__(self):
        self.handle = NULL

    def __dealloc__(self):
        NCONF_free(self.handle)


def read_section(bytes path not None, bytes section not None) -> list[tuple[bytes, bytes | None]]:
    """The commands of one section, in their order."""
    cdef File file = File.__new__(File)
    cdef c.CONF_VALUES* values
    cdef c.CONF_VALUE* one
    cdef long line = 0
    cdef int index
    cdef list found = []
    errors.clear()
    file.handle = NCONF_new(NULL)
    if file.handle == NULL:
        errors.fail_ssl("NCONF_new failed")
    if NCONF_load(file.handle, path, &line) <= 0:
        errors.fail_ssl("the file cannot be read")
    values = NCONF_get_section(file.handle, section)
    if values == NULL:
        errors.clear()
        raise ValueError("the file has no such section")
    for index in range(sk_CONF_VALUE_num(values)):
        one = sk_CONF_VALUE_value(values, index)
        found.append((<bytes>one.name, <bytes>one.value))
    return found
