"""Encrypted Client Hello (RFC 9849): which host is wanted goes encrypted, behind a public name.

Theory.  All of it is libssl's, from 4.0 on.  Three things are ours.  A client that was given keys
never goes on without them, whatever version or session the other side chooses (``stamps``).
Where they were refused libssl has judged the server by its public name, so the error says that
first (``ending``).  And new keys are handed out only where the server has proved that name.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
cimport OpenSSL._native.common.memory as memory
from OpenSSL._native.common.memory cimport Memory
from OpenSSL._native.crypto.keys cimport PKey, check_here, release_key
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.stamps cimport HIDDEN

from OpenSSL._exceptions import Error

cdef extern from "compat.h" nogil:
    ctypedef struct OSSL_ECHSTORE:
        pass
    bint brisk_has_ech()
    int brisk_ech_new_config(
        OSSL_ECHSTORE* store, int longest, const char* name, const char* suite)
    int brisk_ech_info(
        OSSL_ECHSTORE* store, int index, long long* age, char** name, int* has_private,
        int* for_retry)
    OSSL_ECHSTORE* OSSL_ECHSTORE_new(void* context, const char* query)
    void OSSL_ECHSTORE_free(OSSL_ECHSTORE* store)
    int OSSL_ECHSTORE_set1_key_and_read_pem(
        OSSL_ECHSTORE* store, c.EVP_PKEY* key, c.BIO* source, int for_retry)
    int OSSL_ECHSTORE_read_echconfiglist(OSSL_ECHSTORE* store, c.BIO* source)
    int OSSL_ECHSTORE_write_pem(OSSL_ECHSTORE* store, int index, c.BIO* out)
    int OSSL_ECHSTORE_num_entries(const OSSL_ECHSTORE* store, int* count)
    int OSSL_ECHSTORE_flush_keys(OSSL_ECHSTORE* store, long long age)
    int SSL_CTX_set1_echstore(s.SSL_CTX* context, OSSL_ECHSTORE* store)
    int SSL_set1_ech_config_list(s.SSL* ssl, const unsigned char* data, size_t size)
    int SSL_ech_set1_outer_server_name(s.SSL* ssl, const char* name, int none)
    int SSL_ech_set1_outer_alpn_protos(s.SSL* ssl, const unsigned char* data, size_t size)
    int SSL_ech_set1_grease_suite(s.SSL* ssl, const char* suite)
    int SSL_ech_get1_retry_config(s.SSL* ssl, unsigned char** data, size_t* size)

cdef enum:
    ALL = -2    # OSSL_ECHSTORE_ALL: of what is public


def is_supported() -> bool:
    return brisk_has_ech()


# ---- keys and configurations

cdef class ECHStore:
    """The owner of a store of keys."""

    cdef OSSL_ECHSTORE* handle    # owned; NULL until __init__ has run

    def __cinit__(self, *args, **kwargs):
        self.handle = NULL

    def __init__(self):
        if self.handle != NULL:
            return
        errors.clear()
        self.handle = OSSL_ECHSTORE_new(NULL, NULL)
        if self.handle == NULL:
            errors.fail_ssl("there is no memory for a store of keys")

    def __dealloc__(self):
        if self.handle != NULL:
            OSSL_ECHSTORE_free(self.handle)

    def __reduce__(self):
        raise TypeError("an ECHStore cannot be copied or pickled; store what write_pem() returns")

    cdef OSSL_ECHSTORE* held(self) except NULL:
        if self.handle == NULL:
            raise ValueError("ECHStore.__init__ has not run")
        return self.handle

    @cython.critical_section
    cdef int new_config(self, bytes name, int longest, bytes suite) except -1:
        cdef int result
        errors.clear()
        result = brisk_ech_new_config(
            self.held(), longest, name, NULL if suite is None else <const char*>suite)
        if result < 0:
            errors.clear()
            raise ValueError("no such suite")
        if result != 1:
            errors.fail_ssl("the keys cannot be made")
        return 0

    @cython.critical_section
    cdef int read_pem(self, PKey key, Memory source, bint for_retry) except -1:
        cdef c.EVP_PKEY* private = NULL
        cdef int result
        cdef OSSL_ECHSTORE* store = self.held()
        if key is not None:
            check_here(key)
            private = key.share()
        errors.clear()
        result = OSSL_ECHSTORE_set1_key_and_read_pem(store, private, source.bio, for_retry)
        if private != NULL:
            release_key(private)
        if result != 1:
            errors.fail_ssl("there is no configuration of Encrypted Client Hello for this key")
        return 0

    @cython.critical_section
    cdef int read_list(self, Memory source) except -1:
        errors.clear()
        if OSSL_ECHSTORE_read_echconfiglist(self.held(), source.bio) != 1:
            errors.fail_ssl("the configurations cannot be read")
        return 0

    @cython.critical_section
    cdef bytes written(self, int index):
        cdef Memory out = memory.writing()
        errors.clear()
        if OSSL_ECHSTORE_write_pem(self.held(), index, out.bio) != 1:
            errors.fail_ssl("there is no such entry")
        return out.written()

    @cython.critical_section
    cdef list entries(self):
        cdef int count = 0
        cdef int index
        cdef long long age = 0
        cdef char* name = NULL
        cdef int has_private = 0
        cdef int for_retry = 0
        cdef list found = []
        errors.clear()
        if OSSL_ECHSTORE_num_entries(self.held(), &count) != 1:
            errors.fail_ssl("the entries cannot be counted")
        for index in range(count):
            name = NULL
            if brisk_ech_info(
                    self.handle, index, &age, &name, &has_private, &for_retry) != 1:
                errors.fail_ssl("an entry cannot be read")
            try:
                found.append((
                    None if name == NULL else <bytes>name, bool(has_private), bool(for_retry),
                    age))
            finally:
                c.OPENSSL_free(name)
        return found

    @cython.critical_section
    cdef int flush(self, long long age) except -1:
        cdef int count = 0
        errors.clear()
        if OSSL_ECHSTORE_num_entries(self.held(), &count) != 1:
            errors.fail_ssl("the entries cannot be counted")
        if count > 0 and OSSL_ECHSTORE_flush_keys(self.handle, age) != 1:
            errors.fail_ssl("the keys cannot be removed")
        return 0

    @cython.critical_section
    cdef int give(self, s.SSL_CTX* context) except -1:
        errors.clear()
        if SSL_CTX_set1_echstore(context, self.held()) != 1:
            errors.fail_ssl("the keys cannot be used")
        return 0


def new_config(ECHStore store not None, bytes name not None, int longest, bytes suite) -> None:
    store.new_config(name, longest, suite)


def read_pem(ECHStore store not None, PKey key, bytes data not None, bint for_retry) -> None:
    store.read_pem(key, memory.reading(data), for_retry)


def read_config_list(ECHStore store not None, bytes data not None) -> None:
    store.read_list(memory.reading(data))


def write_pem(ECHStore store not None, int index) -> bytes:
    return store.written(index)


def write_configurations(ECHStore store not None) -> bytes:
    return store.written(ALL)


def list_entries(ECHStore store not None) -> list[tuple[bytes | None, bool, bool, int]]:
    return store.entries()


def flush_keys(ECHStore store not None, long long age) -> None:
    store.flush(age)


# ---- servers

def set_store(Context context not None, ECHStore store) -> None:
    context.change()
    try:
        if store is not None:
            store.give(context.handle)
        elif brisk_has_ech():
            errors.clear()
            if SSL_CTX_set1_echstore(context.handle, NULL) != 1:
                errors.fail_ssl("the keys cannot be taken away")
    finally:
        context.leave()


# ---- clients

cdef int check_begun(Connection connection) except -1:
    if s.SSL_get_state(connection.handle) != s.TLS_ST_BEFORE:
        raise Error([("SSL routines", "", "too late: the handshake has begun")])
    return 0


def set_config_list(Connection connection not None, bytes data not None) -> None:
    cdef OSSL_ECHSTORE* read
    cdef Memory source
    connection.enter()
    try:
        check_begun(connection)
        errors.clear()
        # Read twice: SSL_set1_echstore drops what was set before it has the new ones (4.0).
        source = memory.reading(data)
        read = OSSL_ECHSTORE_new(NULL, NULL)
        if read == NULL:
            errors.fail_ssl("there is no memory for a store of keys")
        try:
            if OSSL_ECHSTORE_read_echconfiglist(read, source.bio) != 1:
                errors.fail_ssl("there is no configuration in the list that can be used")
        finally:
            OSSL_ECHSTORE_free(read)
        if SSL_set1_ech_config_list(
                connection.handle, <const unsigned char*>PyBytes_AS_STRING(data),
                PyBytes_GET_SIZE(data)) != 1:
            errors.fail_ssl("there is no configuration in the list that can be used")
        connection.channel.hooked |= HIDDEN
        connection.careful = True
    finally:
        connection.leave()


def set_outer_name(Connection connection not None, bytes name) -> None:
    """Another public name than that of the configuration; None: none."""
    connection.enter()
    try:
        check_begun(connection)
        errors.clear()
        if SSL_ech_set1_outer_server_name(
                connection.handle, NULL if name is None else <const char*>name,
                name is None) != 1:
            errors.fail_ssl("the public name cannot be set")
    finally:
        connection.leave()


def set_outer_protocols(Connection connection not None, bytes protocols) -> None:
    connection.enter()
    try:
        check_begun(connection)
        errors.clear()
        if SSL_ech_set1_outer_alpn_protos(
                connection.handle,
                NULL if protocols is None else <const unsigned char*>PyBytes_AS_STRING(protocols),
                0 if protocols is None else PyBytes_GET_SIZE(protocols)) != 1:
            errors.fail_ssl("the public protocols cannot be set")
    finally:
        connection.leave()


def set_grease_suite(Connection connection not None, bytes suite not None) -> None:
    connection.enter()
    try:
        check_begun(connection)
        errors.clear()
        if SSL_ech_set1_grease_suite(connection.handle, suite) != 1:
            errors.clear()
            raise ValueError("no such suite")
    finally:
        connection.leave()


# ---- what came of it

def get_status(Connection connection not None) -> tuple[int, bytes | None, bytes | None]:
    cdef char* inner = NULL
    cdef char* outer = NULL
    cdef int status
    connection.enter()
    try:
        status = s.SSL_ech_get1_status(connection.handle, &inner, &outer)
        errors.clear()
        try:
            return (
                status, None if inner == NULL else <bytes>inner,
                None if outer == NULL else <bytes>outer)
        finally:
            c.OPENSSL_free(inner)
            c.OPENSSL_free(outer)
    finally:
        connection.leave()


def get_retry_config(Connection connection not None) -> bytes | None:
    cdef unsigned char* data = NULL
    cdef size_t size = 0
    connection.enter()
    try:
        # What failed to verify is none to libssl where that may be ignored
        # (SSL_ech_get1_retry_config, 4.0).
        if (s.SSL_is_server(connection.handle)
                or not s.SSL_get_verify_mode(connection.handle) & s.SSL_VERIFY_PEER
                or s.SSL_get_verify_result(connection.handle) != c.X509_V_OK):
            return None
        if SSL_ech_get1_retry_config(connection.handle, &data, &size) != 1:
            errors.clear()
            return None
        if data == NULL:
            return None
        try:
            return PyBytes_FromStringAndSize(<const char*>data, size)
        finally:
            c.OPENSSL_free(data)
    finally:
        connection.leave()
