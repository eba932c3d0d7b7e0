"""What was offered and agreed on, in detail."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint64_t
from libc.stdlib cimport calloc, free

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
cimport OpenSSL._native.ssl.targets as targets
from OpenSSL._native.common.lock cimport brisk_lock_leave
from OpenSSL._native.crypto.names cimport wrap_names
from OpenSSL._native.ssl.ciphers cimport description
from OpenSSL._native.ssl.connection cimport Connection

cdef extern from "compat.h" nogil:
    long SSL_get1_groups(s.SSL* ssl, int* numbers)
    long SSL_get_shared_group(s.SSL* ssl, long index)
    const char* SSL_group_to_name(s.SSL* ssl, int number)
    int SSL_get_sigalgs(s.SSL* ssl, int index, int* key, int* digest, int* both,
        unsigned char* low, unsigned char* high)
    int SSL_get_shared_sigalgs(s.SSL* ssl, int index, int* key, int* digest, int* both,
        unsigned char* low, unsigned char* high)
    long SSL_get0_certificate_types(s.SSL* ssl, const unsigned char** kinds)
    const c.X509_NAME_LIST* SSL_get0_peer_CA_list(const s.SSL* ssl)
    long SSL_get_extms_support(s.SSL* ssl)
    int SSL_CTRL_GET_RI_SUPPORT
    int SSL_client_version(const s.SSL* ssl)
    uint64_t BIO_number_read(c.BIO* bio)
    uint64_t BIO_number_written(c.BIO* bio)
    int SSL_KEY_UPDATE_REQUESTED
    int SSL_KEY_UPDATE_NOT_REQUESTED
    int SSL_key_update(s.SSL* ssl, int kind)
    int SSL_get_key_update_type(const s.SSL* ssl)
    s.SRTP_PROFILES* SSL_get_srtp_profiles(s.SSL* ssl)
    int sk_SRTP_PROTECTION_PROFILE_num(const s.SRTP_PROFILES* profiles)
    s.SRTP_PROTECTION_PROFILE* sk_SRTP_PROTECTION_PROFILE_value(const s.SRTP_PROFILES* profiles,
        int index)
    int SSL_set_tlsext_use_srtp(s.SSL* ssl, const char* profiles)

ctypedef int (*list_of_schemes)(
    s.SSL*, int, int*, int*, int*, unsigned char*, unsigned char*) noexcept nogil

cdef enum:
    UNKNOWN_GROUP = 0x1000000   # set in the number of a group that libssl has no name for


# ---- what the peer has offered

cdef str group_name(s.SSL* ssl, int number):
    cdef const char* name = SSL_group_to_name(ssl, number)
    if name != NULL:
        return (<bytes>name).decode("ascii", "replace")
    return f"0x{number & ~UNKNOWN_GROUP:04x}"


cdef list named(Connection connection, const int* numbers, long count):
    cdef list found = []
    cdef long index
    for index in range(count):
        found.append(group_name(connection.handle, numbers[index]))
    return found


def get_peer_groups(Connection connection not None) -> list[str]:
    cdef long count
    cdef int* numbers
    connection.enter()
    try:
        count = SSL_get1_groups(connection.handle, NULL)
        if count <= 0:
            return []
        numbers = <int*>calloc(count, sizeof(int))
        if numbers == NULL:
            raise MemoryError()
        try:
            count = SSL_get1_groups(connection.handle, numbers)
            return named(connection, numbers, count)
        finally:
            free(numbers)
    finally:
        connection.leave()


def get_shared_groups(Connection connection not None) -> list[str]:
    cdef long count
    cdef long index
    cdef int* numbers = NULL
    connection.enter()
    try:
        connection.start_reading()      # those of the Context are looked at
        count = SSL_get_shared_group(connection.handle, -1)
        if count > 0:
            numbers = <int*>calloc(count, sizeof(int))
        if numbers != NULL:
            for index in range(count):
                numbers[index] = <int>SSL_get_shared_group(connection.handle, index)
        connection.stop_reading()
        if count <= 0:
            return []
        if numbers == NULL:
            raise MemoryError()
        return named(connection, numbers, count)
    finally:
        free(numbers)
        connection.leave()


cdef list schemes(Connection connection, list_of_schemes says):
    """Signature schemes, by their numbers on the wire."""
    cdef unsigned char low = 0
    cdef unsigned char high = 0
    cdef int index
    cdef list found = []
    connection.enter()
    try:
        for index in range(says(connection.handle, 0, NULL, NULL, NULL, NULL, NULL)):
            if says(connection.handle, index, NULL, NULL, NULL, &low, &high) > 0:
                found.append(high << 8 | low)
        return found
    finally:
        connection.leave()


def get_peer_sigalgs(Connection connection not None) -> list[int]:
    return schemes(connection, SSL_get_sigalgs)


def get_shared_sigalgs(Connection connection not None) -> list[int]:
    return schemes(connection, SSL_get_shared_sigalgs)


def get_certificate_types(Connection connection not None) -> bytes:
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


def get_peer_authorities(Connection connection not None) -> list[Any]:
    cdef const c.X509_NAME_LIST* names
    connection.enter()
    try:
        names = SSL_get0_peer_CA_list(connection.handle)
        return [] if names == NULL else wrap_names(names)
    finally:
        connection.leave()


# ---- what was agreed on

def get_extms_support(Connection connection not None) -> int:
    """1 or 0; below where it is not known yet."""
    connection.enter()
    try:
        if s.SSL_version(connection.handle) == s.TLS1_3_VERSION and s.SSL_is_init_finished(
                connection.handle):
            return 1    # by its very protocol
        return SSL_get_extms_support(connection.handle)
    finally:
        connection.leave()


def get_secure_renegotiation(Connection connection not None) -> bool:
    return targets.ask(connection, SSL_CTRL_GET_RI_SUPPORT) == 1


def get_client_version(Connection connection not None) -> int:
    return targets.number(connection, SSL_client_version)


def count_bytes(Connection connection not None, bint written) -> int:
    cdef c.BIO* bio
    connection.enter()
    try:
        bio = s.SSL_get_rbio(connection.handle)
        if bio == NULL:
            return 0
        return BIO_number_written(bio) if written else BIO_number_read(bio)
    finally:
        connection.leave()


def has_pending(Connection connection not None) -> bool:
    return targets.number(connection, s.SSL_has_pending) == 1


def describe_current(Connection connection not None) -> dict[str, Any] | None:
    cdef const s.SSL_CIPHER* cipher
    connection.enter()
    try:
        cipher = s.SSL_get_current_cipher(connection.handle)
        return None if cipher == NULL else description(cipher)
    finally:
        connection.leave()


def get_srtp_profiles(Connection connection not None) -> list[str]:
    cdef s.SRTP_PROFILES* profiles
    cdef const char** names = NULL
    cdef int index
    cdef int count = 0
    cdef list found = []
    connection.enter()
    try:
        connection.start_reading()      # they may be the Context's
        profiles = SSL_get_srtp_profiles(connection.handle)
        if profiles != NULL:
            count = sk_SRTP_PROTECTION_PROFILE_num(profiles)
        if count > 0:
            names = <const char**>calloc(count, sizeof(const char*))
        if names != NULL:
            # The names are in a table for good (srtp_known_profiles, 3.0 to 4.0).
            for index in range(count):
                names[index] = sk_SRTP_PROTECTION_PROFILE_value(profiles, index).name
        connection.stop_reading()
        if count > 0 and names == NULL:
            raise MemoryError()
        for index in range(count):
            found.append((<bytes>names[index]).decode("ascii"))
        return found
    finally:
        free(names)
        connection.leave()


# ---- new keys

def key_update(Connection connection not None, bint requested) -> None:
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


def get_key_update_type(Connection connection not None) -> int:
    return targets.number(connection, SSL_get_key_update_type)


def set_srtp(Connection connection not None, bytes profiles not None) -> None:
    connection.enter()
    try:
        errors.clear()
        if SSL_set_tlsext_use_srtp(connection.handle, PyBytes_AS_STRING(profiles)) != 0:
            errors.fail_ssl("the list holds an SRTP profile that is unknown")
    finally:
        connection.leave()
