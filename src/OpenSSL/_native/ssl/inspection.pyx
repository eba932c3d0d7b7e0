"""What was offered and agreed on, in detail, and how records are cut and filled."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport uint8_t, uint64_t
from libc.stdlib cimport calloc, free

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
cimport OpenSSL._native.ssl.trampolines as trampolines
from OpenSSL._native.common.hooks cimport ON_PADDING, ON_SECURITY
from OpenSSL._native.common.lock cimport brisk_lock_leave
from OpenSSL._native.crypto.names cimport wrap_names
from OpenSSL._native.ssl.ciphers cimport description
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.either cimport (
    change, connection_of, context_of, leave, note_rule, put_hook,
)
from OpenSSL._native.ssl.trampolines cimport on_padding, on_security
from OpenSSL._native.ssl.trust cimport new_names

cdef extern from "compat.h" nogil:
    long SSL_get1_groups(s.SSL* ssl, int* numbers)
    long SSL_get_shared_group(s.SSL* ssl, long index)
    const char* SSL_group_to_name(s.SSL* ssl, int number)
    int SSL_get_sigalgs(s.SSL* ssl, int index, int* key, int* digest, int* both,
        unsigned char* low, unsigned char* high)
    int SSL_get_shared_sigalgs(s.SSL* ssl, int index, int* key, int* digest, int* both,
        unsigned char* low, unsigned char* high)
    long SSL_CTX_set1_client_sigalgs_list(s.SSL_CTX* context, const char* algorithms)
    long SSL_set1_client_sigalgs_list(s.SSL* ssl, const char* algorithms)
    long SSL_CTX_set1_client_certificate_types(s.SSL_CTX* context, const unsigned char* kinds,
        long count)
    long SSL_set1_client_certificate_types(s.SSL* ssl, const unsigned char* kinds, long count)
    long SSL_get0_certificate_types(s.SSL* ssl, const unsigned char** kinds)
    const c.X509_NAME_LIST* SSL_get0_peer_CA_list(const s.SSL* ssl)
    void SSL_CTX_set0_CA_list(s.SSL_CTX* context, c.X509_NAME_LIST* names)
    void SSL_set0_CA_list(s.SSL* ssl, c.X509_NAME_LIST* names)
    const c.X509_NAME_LIST* SSL_CTX_get0_CA_list(const s.SSL_CTX* context)
    const c.X509_NAME_LIST* SSL_get0_CA_list(const s.SSL* ssl)
    s.security_hook SSL_CTX_get_security_callback(const s.SSL_CTX* context)
    s.security_hook SSL_get_security_callback(const s.SSL* ssl)
    void SSL_CTX_set_security_callback(s.SSL_CTX* context, s.security_hook callback)
    void SSL_set_security_callback(s.SSL* ssl, s.security_hook callback)
    void SSL_CTX_set_record_padding_callback(s.SSL_CTX* context, s.padding_hook callback)
    int SSL_set_record_padding_callback(s.SSL* ssl, s.padding_hook callback)
    long SSL_get_extms_support(s.SSL* ssl)
    long SSL_get_secure_renegotiation_support(s.SSL* ssl)
    int SSL_client_version(const s.SSL* ssl)
    uint64_t BIO_number_read(c.BIO* bio)
    uint64_t BIO_number_written(c.BIO* bio)
    int SSL_KEY_UPDATE_REQUESTED
    int SSL_KEY_UPDATE_NOT_REQUESTED
    int SSL_key_update(s.SSL* ssl, int kind)
    int SSL_get_key_update_type(const s.SSL* ssl)
    int SSL_CTX_set_block_padding(s.SSL_CTX* context, size_t size)
    int SSL_set_block_padding(s.SSL* ssl, size_t size)
    long SSL_CTX_set_max_send_fragment(s.SSL_CTX* context, long size)
    long SSL_set_max_send_fragment(s.SSL* ssl, long size)
    long SSL_CTX_set_split_send_fragment(s.SSL_CTX* context, long size)
    long SSL_set_split_send_fragment(s.SSL* ssl, long size)
    int SSL_CTX_set_tlsext_max_fragment_length(s.SSL_CTX* context, uint8_t mode)
    int SSL_set_tlsext_max_fragment_length(s.SSL* ssl, uint8_t mode)
    void SSL_CTX_set_default_read_buffer_len(s.SSL_CTX* context, size_t size)
    void SSL_set_default_read_buffer_len(s.SSL* ssl, size_t size)
    s.SRTP_PROFILES* SSL_get_srtp_profiles(s.SSL* ssl)
    int sk_SRTP_PROTECTION_PROFILE_num(const s.SRTP_PROFILES* profiles)
    s.SRTP_PROTECTION_PROFILE* sk_SRTP_PROTECTION_PROFILE_value(const s.SRTP_PROFILES* profiles,
        int index)
    int SSL_set_tlsext_use_srtp(s.SSL* ssl, const char* profiles)

cdef enum:
    UNKNOWN_GROUP = 0x1000000   # set in the number of a group that libssl has no name for


# ---- what the peer has offered

cdef str group_name(s.SSL* ssl, int number):
    cdef const char* name = SSL_group_to_name(ssl, number)
    if name != NULL:
        return (<bytes>name).decode("ascii", "replace")
    return f"0x{number & ~UNKNOWN_GROUP:04x}"


def get_peer_groups(Connection connection not None):
    cdef long count
    cdef long index
    cdef int* numbers
    cdef list found = []
    connection.enter()
    try:
        count = SSL_get1_groups(connection.handle, NULL)
        if count <= 0:
            return found
        numbers = <int*>calloc(count, sizeof(int))
        if numbers == NULL:
            raise MemoryError()
        try:
            count = SSL_get1_groups(connection.handle, numbers)
            for index in range(count):
                found.append(group_name(connection.handle, numbers[index]))
            return found
        finally:
            free(numbers)
    finally:
        connection.leave()


def get_shared_groups(Connection connection not None):
    cdef long count
    cdef long index
    cdef list found = []
    connection.enter()
    try:
        connection.start_reading()      # those of the Context are looked at
        try:
            count = SSL_get_shared_group(connection.handle, -1)
            for index in range(count):
                found.append(group_name(
                    connection.handle, SSL_get_shared_group(connection.handle, index)))
            return found
        finally:
            connection.stop_reading()
    finally:
        connection.leave()


def get_peer_sigalgs(Connection connection not None):
    """Numbers of the wire."""
    cdef unsigned char low = 0
    cdef unsigned char high = 0
    cdef int count
    cdef int index
    cdef list found = []
    connection.enter()
    try:
        count = SSL_get_sigalgs(connection.handle, 0, NULL, NULL, NULL, NULL, NULL)
        for index in range(count):
            if SSL_get_sigalgs(
                    connection.handle, index, NULL, NULL, NULL, &low, &high) > 0:
                found.append(high << 8 | low)
        return found
    finally:
        connection.leave()


def get_shared_sigalgs(Connection connection not None):
    cdef unsigned char low = 0
    cdef unsigned char high = 0
    cdef int count
    cdef int index
    cdef list found = []
    connection.enter()
    try:
        count = SSL_get_shared_sigalgs(connection.handle, 0, NULL, NULL, NULL, NULL, NULL)
        for index in range(count):
            if SSL_get_shared_sigalgs(
                    connection.handle, index, NULL, NULL, NULL, &low, &high) > 0:
                found.append(high << 8 | low)
        return found
    finally:
        connection.leave()


def get_certificate_types(Connection connection not None):
    cdef const unsigned char* kinds = NULL
    cdef long count
    connection.enter()
    try:
        count = SSL_get0_certificate_types(connection.handle, &kinds)
        if count <= 0 or kinds == NULL:
            return b""
        return PyBytes_FromStringAndSize(<const char*>kinds, count)
    finally:
        connection.leave()


def get_peer_authorities(Connection connection not None):
    cdef const c.X509_NAME_LIST* names
    connection.enter()
    try:
        names = SSL_get0_peer_CA_list(connection.handle)
        return [] if names == NULL else wrap_names(names)
    finally:
        connection.leave()


# ---- what was agreed on

def get_extms_support(Connection connection not None):
    """1 or 0; below where it is not known yet."""
    connection.enter()
    try:
        if s.SSL_version(connection.handle) == s.TLS1_3_VERSION and s.SSL_is_init_finished(
                connection.handle):
            return 1    # by its very protocol
        return SSL_get_extms_support(connection.handle)
    finally:
        connection.leave()


def get_secure_renegotiation(Connection connection not None):
    connection.enter()
    try:
        return SSL_get_secure_renegotiation_support(connection.handle) == 1
    finally:
        connection.leave()


def get_client_version(Connection connection not None):
    connection.enter()
    try:
        return SSL_client_version(connection.handle)
    finally:
        connection.leave()


def count_bytes(Connection connection not None, bint written):
    cdef c.BIO* bio
    connection.enter()
    try:
        bio = s.SSL_get_rbio(connection.handle)
        if bio == NULL:
            return 0
        return BIO_number_written(bio) if written else BIO_number_read(bio)
    finally:
        connection.leave()


def has_pending(Connection connection not None):
    connection.enter()
    try:
        return s.SSL_has_pending(connection.handle) == 1
    finally:
        connection.leave()


def describe_current(Connection connection not None):
    cdef const s.SSL_CIPHER* cipher
    connection.enter()
    try:
        cipher = s.SSL_get_current_cipher(connection.handle)
        return None if cipher == NULL else description(cipher)
    finally:
        connection.leave()


def get_srtp_profiles(Connection connection not None):
    cdef s.SRTP_PROFILES* profiles
    cdef int index
    cdef list found = []
    connection.enter()
    try:
        connection.start_reading()      # they may be the Context's
        try:
            profiles = SSL_get_srtp_profiles(connection.handle)
            if profiles == NULL:
                return found
            for index in range(sk_SRTP_PROTECTION_PROFILE_num(profiles)):
                found.append((<bytes>sk_SRTP_PROTECTION_PROFILE_value(
                    profiles, index).name).decode("ascii"))
            return found
        finally:
            connection.stop_reading()
    finally:
        connection.leave()


# ---- new keys

def key_update(Connection connection not None, bint requested):
    cdef double deadline = 0
    # Not in the middle of another thread's message.
    connection.enter_turn(&deadline)
    try:
        connection.enter_io()
        try:
            errors.clear()
            if SSL_key_update(
                    connection.handle, SSL_KEY_UPDATE_REQUESTED if requested
                    else SSL_KEY_UPDATE_NOT_REQUESTED) != 1:
                errors.fail_ssl("keys cannot be renewed now")
        finally:
            connection.leave()
    finally:
        brisk_lock_leave(&connection.turn)


def get_key_update_type(Connection connection not None):
    connection.enter()
    try:
        return SSL_get_key_update_type(connection.handle)
    finally:
        connection.leave()


# ---- settings that a Context and a connection have alike

def get_level(target not None):
    change(target)
    try:
        if context_of(target) != NULL:
            return s.SSL_CTX_get_security_level(context_of(target))
        return s.SSL_get_security_level(connection_of(target))
    finally:
        leave(target)


def set_level(target not None, int level):
    change(target)
    try:
        if context_of(target) != NULL:
            s.SSL_CTX_set_security_level(context_of(target), level)
        else:
            s.SSL_set_security_level(connection_of(target), level)
    finally:
        leave(target)


# How often a program has said what else it refuses: a rule that sessions are made by.
cdef unsigned long long refusals = 0


def set_security_callback(target not None, callback):
    global refusals
    change(target)
    try:
        if trampolines.by_level == NULL:
            if context_of(target) != NULL:
                trampolines.by_level = SSL_CTX_get_security_callback(context_of(target))
            else:
                trampolines.by_level = SSL_get_security_callback(connection_of(target))
        # The rule first: a hook without it would stand for less than it says.
        if callback is not None:
            refusals += 1
        note_rule(target, "security callback", None if callback is None else refusals)
        put_hook(target, ON_SECURITY, callback)
        # Never taken away again: connections made before still have their hook.
        if callback is not None:
            if context_of(target) != NULL:
                SSL_CTX_set_security_callback(context_of(target), on_security)
            else:
                SSL_set_security_callback(connection_of(target), on_security)
    finally:
        leave(target)


def set_client_sigalgs_list(target not None, bytes algorithms not None):
    cdef const char* names = algorithms
    cdef long result
    change(target)
    try:
        errors.clear()
        if context_of(target) != NULL:
            result = SSL_CTX_set1_client_sigalgs_list(context_of(target), names)
        else:
            result = SSL_set1_client_sigalgs_list(connection_of(target), names)
        if result != 1:
            errors.fail_ssl("no such signature algorithm")
        note_rule(target, "client signature algorithms", algorithms)
    finally:
        leave(target)


def set_certificate_types(target not None, bytes kinds not None):
    cdef const unsigned char* numbers = <const unsigned char*>PyBytes_AS_STRING(kinds)
    cdef long result
    change(target)
    try:
        errors.clear()
        if context_of(target) != NULL:
            result = SSL_CTX_set1_client_certificate_types(
                context_of(target), numbers, PyBytes_GET_SIZE(kinds))
        else:
            result = SSL_set1_client_certificate_types(
                connection_of(target), numbers, PyBytes_GET_SIZE(kinds))
        if result != 1:
            errors.fail_ssl("the kinds of certificates cannot be set")
        note_rule(target, "client certificate types", kinds)
    finally:
        leave(target)


def set_authorities(target not None, list names not None):
    """Those told to the peer, whichever it is."""
    cdef c.X509_NAME_LIST* made
    change(target)
    try:
        errors.clear()
        made = new_names(names)
        # The list is libssl's from here on.
        if context_of(target) != NULL:
            SSL_CTX_set0_CA_list(context_of(target), made)
        else:
            SSL_set0_CA_list(connection_of(target), made)
    finally:
        leave(target)


def get_authorities(Context context not None):
    context.enter()
    try:
        return wrap_names(SSL_CTX_get0_CA_list(context.handle))
    finally:
        context.leave()


def connection_get_authorities(Connection connection not None):
    connection.enter()
    try:
        connection.start_reading()      # they may be the Context's
        try:
            return wrap_names(SSL_get0_CA_list(connection.handle))
        finally:
            connection.stop_reading()
    finally:
        connection.leave()


def set_block_padding(target not None, size_t size):
    cdef int result
    change(target)
    try:
        errors.clear()
        if context_of(target) != NULL:
            result = SSL_CTX_set_block_padding(context_of(target), size)
        else:
            result = SSL_set_block_padding(connection_of(target), size)
        if result != 1:
            errors.fail_ssl("records cannot be filled up to so much")
    finally:
        leave(target)


def set_record_padding_callback(target not None, callback):
    change(target)
    try:
        errors.clear()
        if callback is not None and connection_of(target) != NULL and (
                SSL_set_record_padding_callback(connection_of(target), on_padding) != 1):
            errors.fail_ssl("the kernel encrypts, and pads nothing")
        put_hook(target, ON_PADDING, callback)
        # Never taken away again: connections made before still have their hook.
        if callback is not None and context_of(target) != NULL:
            SSL_CTX_set_record_padding_callback(context_of(target), on_padding)
    finally:
        leave(target)


def set_max_send_fragment(target not None, long size):
    cdef long result
    change(target)
    try:
        errors.clear()
        if context_of(target) != NULL:
            result = SSL_CTX_set_max_send_fragment(context_of(target), size)
        else:
            result = SSL_set_max_send_fragment(connection_of(target), size)
        if result != 1:
            errors.fail_ssl("a record carries 512 to 16384 bytes")
    finally:
        leave(target)


def set_split_send_fragment(target not None, long size):
    cdef long result
    change(target)
    try:
        errors.clear()
        if context_of(target) != NULL:
            result = SSL_CTX_set_split_send_fragment(context_of(target), size)
        else:
            result = SSL_set_split_send_fragment(connection_of(target), size)
        if result != 1:
            errors.fail_ssl("records are split at 1 byte up to the most that one carries")
    finally:
        leave(target)


def set_max_fragment_length(target not None, uint8_t mode):
    cdef int result
    change(target)
    try:
        errors.clear()
        if context_of(target) != NULL:
            result = SSL_CTX_set_tlsext_max_fragment_length(context_of(target), mode)
        else:
            result = SSL_set_tlsext_max_fragment_length(connection_of(target), mode)
        if result != 1:
            errors.fail_ssl("there is no such length")
    finally:
        leave(target)


def set_read_buffer_len(target not None, size_t size):
    change(target)
    try:
        if context_of(target) != NULL:
            SSL_CTX_set_default_read_buffer_len(context_of(target), size)
        else:
            SSL_set_default_read_buffer_len(connection_of(target), size)
    finally:
        leave(target)


def set_srtp(Connection connection not None, bytes profiles not None):
    connection.enter()
    try:
        errors.clear()
        if SSL_set_tlsext_use_srtp(connection.handle, PyBytes_AS_STRING(profiles)) != 0:
            errors.fail_ssl("the list holds an SRTP profile that is unknown")
    finally:
        connection.leave()
