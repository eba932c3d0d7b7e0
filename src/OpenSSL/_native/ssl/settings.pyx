"""Options and modes of a Context or a Connection: sets of bits, never cut short."""

from libc.stdint cimport uint32_t, uint64_t

cimport OpenSSL._native.common.libssl as s
cimport OpenSSL._native.ssl.targets as targets
from OpenSSL._native.common.lock cimport brisk_load, brisk_store, brisk_word
from OpenSSL._native.ssl.adoption cimport OPTIONS
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context

cdef extern from "compat.h" nogil:
    uint64_t SSL_CTX_set_options(s.SSL_CTX* context, uint64_t options)
    uint64_t SSL_CTX_clear_options(s.SSL_CTX* context, uint64_t options)
    long SSL_clear_mode(s.SSL* ssl, long mode)
    int SSL_CTRL_MODE
    int SSL_CTRL_CLEAR_MODE

# Options have 64 bits on every platform.  Modes travel through a C long, which
# has 32 on some; a wider value must be refused rather than lose its top.


# ---- Context

def context_set_options(Context context not None, uint64_t options) -> int:
    context.change()
    try:
        return SSL_CTX_set_options(context.handle, options)
    finally:
        context.leave()


def context_clear_options(Context context not None, uint64_t options) -> int:
    context.change()
    try:
        return SSL_CTX_clear_options(context.handle, options)
    finally:
        context.leave()


def context_get_options(Context context not None) -> int:
    context.enter()
    try:
        return s.SSL_CTX_get_options(context.handle)
    finally:
        context.leave()


def context_set_mode(Context context not None, uint32_t mode) -> int:
    return <uint32_t>targets.tell(context, SSL_CTRL_MODE, <long>mode)


def context_clear_mode(Context context not None, uint32_t mode) -> int:
    return <uint32_t>targets.tell(context, SSL_CTRL_CLEAR_MODE, <long>mode)


def get_mode(target not None) -> int:
    return <uint32_t>targets.ask(target, SSL_CTRL_MODE)


# What is not a bit stands with its kind: how long a peer may keep us busy for nothing.

def set_max_records_without_data(Context context not None, unsigned int number) -> None:
    context.enter()
    try:
        brisk_store(&context.most_idle, <brisk_word>number)
    finally:
        context.leave()


def get_max_records_without_data(Context context not None) -> int:
    context.enter()
    try:
        return <unsigned int>brisk_load(&context.most_idle)
    finally:
        context.leave()


# ---- Connection

cdef int note_options(Connection connection, uint64_t given, uint64_t taken_away) except -1:
    """Note what stays as it is under another Context; what was said last counts."""
    cdef uint64_t more = 0
    cdef uint64_t fewer = 0
    if connection.has_own(OPTIONS):
        more, fewer = connection.noted[OPTIONS]
    return connection.note_rule(
        OPTIONS, (more & ~taken_away | given, fewer & ~given | taken_away))


def connection_set_options(Connection connection not None, uint64_t options) -> int:
    connection.enter()
    try:
        note_options(connection, options, 0)
        return s.SSL_set_options(connection.handle, options)
    finally:
        connection.leave()


def connection_clear_options(Connection connection not None, uint64_t options) -> int:
    connection.enter()
    try:
        note_options(connection, 0, options)
        return s.SSL_clear_options(connection.handle, options)
    finally:
        connection.leave()


def connection_get_options(Connection connection not None) -> int:
    connection.enter()
    try:
        return s.SSL_get_options(connection.handle)
    finally:
        connection.leave()


cdef int note_taken_away(Connection connection, uint32_t more, uint32_t fewer) except -1:
    """Note what another Context is not to bring back."""
    cdef long before = 0
    if connection.sizes is not None:
        before = connection.sizes.get("mode taken away", 0)
    return connection.note_size("mode taken away", (before | more) & ~<long>fewer)


def connection_set_mode(Connection connection not None, uint32_t mode) -> int:
    connection.enter()
    try:
        note_taken_away(connection, 0, mode)
        return <uint32_t>s.SSL_set_mode(connection.handle, <long>mode)
    finally:
        connection.leave()


def connection_clear_mode(Connection connection not None, uint32_t mode) -> int:
    connection.enter()
    try:
        note_taken_away(connection, mode, 0)
        return <uint32_t>SSL_clear_mode(connection.handle, <long>mode)
    finally:
        connection.leave()
