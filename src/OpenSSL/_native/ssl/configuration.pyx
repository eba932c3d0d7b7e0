"""Settings by name, as OpenSSL's programs and configuration files have them (SSL_CONF)."""

from libc.stdint cimport uint64_t

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport ON_VERIFY
from OpenSSL._native.common.passphrases cimport Passphrase, of_context, on_passphrase
from OpenSSL._native.ssl.commands cimport Commands, begin, carry_out, finish
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.credentials cimport CHAIN_FILE, KEY_FILE, load_file
from OpenSSL._native.ssl.own_stores cimport carry_out_for
from OpenSSL._native.ssl.settings cimport note_options
from OpenSSL._native.ssl.targets cimport note_rule, note_size

from os import urandom

from OpenSSL._exceptions import Error

cdef extern from "compat.h" nogil:
    void SSL_CONF_CTX_set_ssl(s.SSL_CONF_CTX* commands, s.SSL* ssl)
    void SSL_CONF_CTX_set_ssl_ctx(s.SSL_CONF_CTX* commands, s.SSL_CTX* context)
    int SSL_FILETYPE_PEM
    c.CONF* NCONF_new(void* method)
    void NCONF_free(c.CONF* file)
    int NCONF_load(c.CONF* file, const char* path, long* line)
    c.CONF_VALUES* NCONF_get_section(const c.CONF* file, const char* section)
    int sk_CONF_VALUE_num(const c.CONF_VALUES* values)
    c.CONF_VALUE* sk_CONF_VALUE_value(const c.CONF_VALUES* values, int index)
    long SSL_get_min_proto_version(s.SSL* ssl)

# What each means to a connection that is given another Context, by the name of the setter's note.
cdef dict NOTES = {
    b"groups": "groups",
    b"curves": "groups",
    b"signaturealgorithms": "signature algorithms",
    b"clientsignaturealgorithms": "client signature algorithms",
    b"cipherstring": "ciphers",
    b"ciphersuites": "ciphersuites",
}
# What this command takes in place of a curve, in three spellings.
cdef frozenset ANY_CURVE = frozenset((b"+automatic", b"automatic", b"auto"))
# What sets and clears options.
cdef frozenset BITS = frozenset((b"options", b"protocol"))
cdef frozenset VERSIONS = frozenset((b"minprotocol", b"maxprotocol"))


cdef int note_version(Connection connection, bytes command) except -1:
    if command == b"minprotocol":
        return connection.note_rule("min version", SSL_get_min_proto_version(connection.handle))
    return connection.note_rule("max version", s.SSL_get_max_proto_version(connection.handle))


cdef int note_bits(Connection connection, list done) except -1:
    """Note which options the commands have set and cleared, also where they were so before."""
    cdef Commands commands
    cdef uint64_t now = s.SSL_get_options(connection.handle)
    cdef uint64_t given, left
    cdef list said = []
    for each in done:
        if (<bytes>each[0]).lower() in BITS:
            said.append(each)
    if not said:
        return 0
    commands = begin()
    SSL_CONF_CTX_set_ssl(commands.handle, connection.handle)
    try:
        s.SSL_clear_options(connection.handle, <uint64_t>-1)
        for name, value in said:
            carry_out(commands, name, value)
        given = s.SSL_get_options(connection.handle)
        s.SSL_set_options(connection.handle, <uint64_t>-1)
        for name, value in said:
            carry_out(commands, name, value)
        left = s.SSL_get_options(connection.handle)
    finally:
        s.SSL_clear_options(connection.handle, <uint64_t>-1)
        s.SSL_set_options(connection.handle, now)
    return note_options(connection, given, ~left)


cdef int note_mode(object target) except -1:
    """How to verify was said, also where it was the same before."""
    if isinstance(target, Context):
        (<Context>target).verify_set = True
    else:
        (<Connection>target).own(ON_VERIFY)
    return 0


cdef int note_commands(object target, list done) except -1:
    """Note what was set by its command as its setter would."""
    for name, value in done:
        command = (<bytes>name).lower()
        if command in NOTES:
            note_rule(target, NOTES[command], value)
        elif command == b"ecdhparameters" and (<bytes>value).lower() not in ANY_CURVE:
            note_rule(target, "groups", value)
        elif command in VERSIONS and isinstance(target, Connection):
            note_version(<Connection>target, command)
        elif command == b"verifymode":
            note_mode(target)
        elif command == b"numtickets" and isinstance(target, Connection):
            (<Connection>target).own_tickets = True
        elif command == b"recordpadding" and (<bytes>value).isdigit():
            note_size(target, "padding", int(<bytes>value))
    return 0


cdef int carry_out_asking(
    Context context, Commands commands, bytes name, bytes value,
) except -1:
    """A command that may need a passphrase: the library would ask for it at the terminal."""
    cdef Passphrase passphrase = of_context(
        None if context.passphrase is None else context.passphrase.value)
    s.SSL_CTX_set_default_passwd_cb(context.handle, on_passphrase)
    s.SSL_CTX_set_default_passwd_cb_userdata(context.handle, <void*>passphrase)
    try:
        carry_out(commands, name, value)
    except BaseException:
        passphrase.raise_kept()
        raise
    finally:
        s.SSL_CTX_set_default_passwd_cb_userdata(context.handle, NULL)
        s.SSL_CTX_set_default_passwd_cb(context.handle, NULL)
    return 0


cdef int carry_out_in(Context context, Commands commands, bytes name, bytes value) except -1:
    cdef bytes command = name.lower()
    # As the methods do it: in a Context in use, neither comes into force without the other.
    if command == b"certificate" and value is not None:
        return load_file(context, CHAIN_FILE, value, 0)
    if command == b"privatekey" and value is not None:
        return load_file(context, KEY_FILE, value, SSL_FILETYPE_PEM)
    return carry_out_asking(context, commands, name, value)


cdef int configure_context(Context context, list wanted) except -1:
    cdef Commands commands = begin()
    cdef list done = []
    context.change()
    try:
        context.ruled = True
        # Whom to trust may be among it, past what is compared: then only this Context's own
        # sessions are resumed, until it is configured again.
        context.note_rule("configuration", urandom(16))
        SSL_CONF_CTX_set_ssl_ctx(commands.handle, context.handle)
        try:
            for name, value in wanted:
                carry_out_in(context, commands, name, value)
                done.append((name, value))
            finish(commands)
        finally:
            note_commands(context, done)
    finally:
        context.leave()
    return 0


cdef int configure_connection(Connection connection, list wanted) except -1:
    cdef Commands commands = begin()
    cdef Passphrase nobody = of_context(None)
    cdef list done = []
    cdef int level
    connection.enter()
    try:
        if not (s.SSL_in_before(connection.handle)
                or s.SSL_is_init_finished(connection.handle)):
            raise Error([("SSL routines", "", "too late: in the middle of a handshake")])
        connection.own_criteria()       # no session stands for what is set here
        level = s.SSL_get_security_level(connection.handle)
        s.SSL_set_default_passwd_cb(connection.handle, on_passphrase)
        s.SSL_set_default_passwd_cb_userdata(connection.handle, <void*>nobody)
        SSL_CONF_CTX_set_ssl(commands.handle, connection.handle)
        try:
            for name, value in wanted:
                carry_out_for(connection, commands, name, value)
                done.append((name, value))
            finish(commands)
        finally:
            s.SSL_set_default_passwd_cb_userdata(connection.handle, NULL)
            s.SSL_set_default_passwd_cb(connection.handle, NULL)
            note_commands(connection, done)
            if s.SSL_get_security_level(connection.handle) != level:
                connection.note_rule(
                    "security level", s.SSL_get_security_level(connection.handle))
            note_bits(connection, done)
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
