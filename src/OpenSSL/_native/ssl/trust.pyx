"""Whom to believe: authorities, verification and the names a peer must have."""

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
cimport OpenSSL._native.ssl.asking as asking
from OpenSSL._native.common.hooks cimport ON_PEER, ON_VERIFY
from OpenSSL._native.common.lock cimport brisk_lock_leave
from OpenSSL._native.common.memory cimport Memory, opened
from OpenSSL._native.common.rules cimport store_changed
from OpenSSL._native.crypto.anchors cimport platform_folder, shared_store
from OpenSSL._native.crypto.certificate_names cimport HOSTFLAGS
from OpenSSL._native.crypto.certificates cimport X509, read_pem, release_certificate
from OpenSSL._native.crypto.names cimport X509Name, release_name
from OpenSSL._native.crypto.stores cimport X509Store, wrap_store
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport EMPTY, OWN, SHARED, Context
from OpenSSL._native.ssl.either cimport change, connection_of, context_of, leave
from OpenSSL._native.ssl.trampolines cimport on_verify

from OpenSSL._exceptions import Error

cdef extern from "compat.h" nogil:
    int SSL_CTX_load_verify_locations(s.SSL_CTX* context, const char* file, const char* folder)
    int SSL_CTX_set_default_verify_paths(s.SSL_CTX* context)
    void SSL_CTX_set_verify(s.SSL_CTX* context, int mode, s.verify_hook callback)
    void SSL_CTX_set_verify_depth(s.SSL_CTX* context, int depth)
    int SSL_verify_client_post_handshake(s.SSL* ssl)
    int SSL_CTX_add_client_CA(s.SSL_CTX* context, c.X509* authority)
    void SSL_CTX_set_client_CA_list(s.SSL_CTX* context, c.X509_NAME_LIST* names)
    void SSL_set_client_CA_list(s.SSL* ssl, c.X509_NAME_LIST* names)
    int SSL_set1_host(s.SSL* ssl, const char* name)
    const char* SSL_get0_peername(s.SSL* ssl)
    c.X509_NAME_LIST* sk_X509_NAME_new_null()
    int sk_X509_NAME_push(c.X509_NAME_LIST* names, c.X509_NAME* name)
    c.X509_NAME_LIST* SSL_CTX_get_client_CA_list(const s.SSL_CTX* context)

cdef enum:
    # Bytes of authorities' names: two say the length of all, and TLS 1.3 has its signature
    # algorithms beside them.
    MOST_NAMES = 0xffff - 1023


# ---- authorities

cdef int read_anchors(Context context, bytes file, bytes folder, bint platform) except -1:
    """Add what the files hold to the Context's own store."""
    cdef const char* from_file = NULL if file is None else <const char*>file
    cdef const char* from_folder = NULL if folder is None else <const char*>folder
    cdef int result
    if platform:
        from_folder = platform_folder()
    store_changed(s.SSL_CTX_get_cert_store(context.handle), from_folder)
    with nogil:
        errors.clear()
        if platform:
            result = SSL_CTX_set_default_verify_paths(context.handle)
        else:
            result = SSL_CTX_load_verify_locations(context.handle, from_file, from_folder)
    if result != 1:
        errors.fail_ssl(
            "the platform's certificates could not be loaded" if platform
            else "neither cafile nor capath was given")
    store_changed(s.SSL_CTX_get_cert_store(context.handle))
    return 0


cdef int outlive(Context context, X509Store replaced) except -1:
    """Keep a store that was the Context's alive where a connection may be verifying by it.

    libssl verifies by it without a reference of its own, also while a hook runs, which may
    be what replaces it.
    """
    if context.in_use:
        context.outlived = (replaced, context.outlived)
    return 0


cdef int own_store(Context context) except -1:
    """Give the Context a store of its own that trusts the same."""
    cdef X509Store fresh, before
    if context.trust == SHARED:
        before = borrowed_store(context)
        outlived = context.outlived
        outlive(context, before)
        fresh = X509Store()
        s.SSL_CTX_set1_cert_store(context.handle, fresh.held())
        try:
            file, folder, platform = context.anchors
            read_anchors(context, file, folder, platform)
        except BaseException:
            s.SSL_CTX_set1_cert_store(context.handle, before.held())
            context.outlived = outlived
            raise
    context.trust = OWN
    context.anchors = None
    return 0


cdef int trust_anchors(Context context, bytes file, bytes folder, bint platform) except -1:
    cdef X509Store store
    context.change()
    try:
        if context.trust == EMPTY:
            store = shared_store(file, folder, platform)
            if store is not None:
                outlive(context, borrowed_store(context))
                s.SSL_CTX_set1_cert_store(context.handle, store.held())
                context.trust = SHARED
                context.anchors = (file, folder, platform)
                return 0
        own_store(context)
        return read_anchors(context, file, folder, platform)
    finally:
        context.leave()


def load_verify_locations(Context context not None, bytes file, bytes folder) -> None:
    trust_anchors(context, file, folder, False)


def set_default_verify_paths(Context context not None) -> None:
    trust_anchors(context, None, None, True)


cdef X509Store borrowed_store(Context context):
    cdef c.X509_STORE* store = s.SSL_CTX_get_cert_store(context.handle)
    if store == NULL or c.X509_STORE_up_ref(store) != 1:
        errors.fail_ssl("X509_STORE_up_ref failed")
    return wrap_store(store)


def get_cert_store(Context context not None) -> Any:
    cdef c.X509_STORE* store
    context.change()
    try:
        own_store(context)
        store = s.SSL_CTX_get_cert_store(context.handle)
        if store == NULL:
            return None
        if c.X509_STORE_up_ref(store) != 1:
            errors.fail_ssl("X509_STORE_up_ref failed")
        return wrap_store(store)
    finally:
        context.leave()


def look_at_store(Context context not None) -> Any:
    """The store in use, which may be shared: for reading alone."""
    context.enter()
    try:
        return borrowed_store(context)
    finally:
        context.leave()


# ---- authorities told to clients

cdef size_t room_of(const c.X509_NAME* name) except 0:
    """How many bytes of a request for a certificate a name takes."""
    cdef int size
    errors.clear()
    size = c.i2d_X509_NAME(name, NULL)
    if size <= 0:
        errors.fail_ssl("a name cannot be written")
    return 2 + size


cdef int check_room(const c.X509_NAME_LIST* names, const c.X509_NAME* more) except -1:
    """Raise where a handshake would fail because the names do not fit into one request."""
    cdef size_t room = 0 if more == NULL else room_of(more)
    cdef int index
    # Of no list at all libssl counts -1 names.
    for index in range(c.sk_X509_NAME_num(names)):
        room += room_of(c.sk_X509_NAME_value(names, index))
    if room > MOST_NAMES:
        raise ValueError(
            f"names of authorities have at most {MOST_NAMES} bytes in all, not {room}")
    return 0


def add_client_ca(Context context not None, X509 authority not None) -> None:
    cdef c.X509* handle
    cdef int result
    context.change()
    try:
        check_room(SSL_CTX_get_client_CA_list(context.handle),
                   c.X509_get_subject_name(authority.held()))
        errors.clear()
        handle = authority.share()
        result = SSL_CTX_add_client_CA(context.handle, handle)
        release_certificate(handle)
        if result != 1:
            errors.fail_ssl("the certificate's subject cannot be added")
    finally:
        context.leave()


cdef bint has_name(const c.X509_NAME_LIST* names, const c.X509_NAME* name) noexcept:
    cdef int index
    for index in range(c.sk_X509_NAME_num(names)):
        if c.X509_NAME_cmp(c.sk_X509_NAME_value(names, index), name) == 0:
            return True
    return False


cdef int add_subject(c.X509_NAME_LIST* names, c.X509* certificate) except -1:
    cdef c.X509_NAME* name = c.X509_get_subject_name(certificate)
    if has_name(names, name):
        return 0
    name = c.X509_NAME_dup(name)
    if name == NULL or sk_X509_NAME_push(names, name) == 0:
        release_name(name)
        errors.fail_ssl("the certificate's subject cannot be added")
    return 0


cdef c.X509_NAME_LIST* read_names(bytes path) except NULL:
    """Whom a PEM file's certificates are for, each once."""
    # Not by SSL_load_client_CA_file: it asks at the terminal for the passphrase of a
    # certificate that says it is encrypted.
    cdef Memory source = opened(path)
    cdef c.X509_NAME_LIST* names
    cdef c.X509* certificate
    if source is None:
        errors.fail_ssl("the file cannot be read")
    names = sk_X509_NAME_new_null()
    if names == NULL:
        errors.fail_ssl("sk_X509_NAME_new_null failed")
    try:
        while True:
            errors.clear()
            certificate = read_pem(source)
            if certificate == NULL:
                if c.sk_X509_NAME_num(names) > 0 and errors.take_no_start_line():
                    check_room(names, NULL)
                    return names
                errors.fail_ssl("the file holds no certificate")
            try:
                add_subject(names, certificate)
            finally:
                release_certificate(certificate)
    except BaseException:
        c.brisk_free_names(names)
        raise


def load_client_ca(Context context not None, bytes path not None) -> None:
    cdef c.X509_NAME_LIST* names
    context.change()
    try:
        errors.clear()
        names = read_names(path)
        SSL_CTX_set_client_CA_list(context.handle, names)  # owns the list from here on
    finally:
        context.leave()


cdef int add_name(c.X509_NAME_LIST* names, X509Name name) except -1:
    cdef c.X509_NAME* copy = name.copy()
    if sk_X509_NAME_push(names, copy) == 0:
        release_name(copy)
        errors.fail_ssl("sk_X509_NAME_push failed")
    return 0


cdef c.X509_NAME_LIST* new_names(list authorities) except NULL:
    cdef c.X509_NAME_LIST* names
    errors.clear()
    names = sk_X509_NAME_new_null()
    if names == NULL:
        errors.fail_ssl("sk_X509_NAME_new_null failed")
    try:
        for authority in authorities:
            add_name(names, authority)
        check_room(names, NULL)
    except BaseException:
        c.brisk_free_names(names)
        raise
    return names


def set_client_ca_list(
    target not None: Context | Connection, list authorities not None: list[X509Name],
) -> None:
    cdef c.X509_NAME_LIST* names
    change(target)
    try:
        names = new_names(authorities)
        # The list is libssl's from here on.
        if context_of(target) != NULL:
            SSL_CTX_set_client_CA_list(context_of(target), names)
        else:
            SSL_set_client_CA_list(connection_of(target), names)
    finally:
        leave(target)


# ---- verification

def set_verify(Context context not None, int mode, callback: Callable[..., Any] | None) -> None:
    cdef s.verify_hook hook = NULL
    if callback is not None:
        hook = on_verify
    context.change()
    try:
        context.hooks = context.hooks.changed(ON_VERIFY, callback)
        context.verify_set = True
        SSL_CTX_set_verify(context.handle, mode, hook)
    finally:
        context.leave()


def get_verify_mode(Context context not None) -> int:
    return asking.context_number(context, s.SSL_CTX_get_verify_mode)


def set_verify_depth(Context context not None, int depth) -> None:
    context.change()
    try:
        SSL_CTX_set_verify_depth(context.handle, depth)
    finally:
        context.leave()


def get_verify_depth(Context context not None) -> int:
    return asking.context_number(context, s.SSL_CTX_get_verify_depth)


def set_verify_mode(Context context not None, int mode) -> None:
    """Change the mode; the callback stays."""
    cdef s.verify_hook hook = NULL
    context.change()
    try:
        if context.hooks.has(ON_VERIFY):
            hook = on_verify
        context.verify_set = True
        SSL_CTX_set_verify(context.handle, mode, hook)
    finally:
        context.leave()


def connection_set_verify(
    Connection connection not None, int mode, callback: Callable[..., Any] | None,
) -> None:
    cdef s.verify_hook hook = NULL
    if callback is not None:
        hook = on_verify
    connection.enter()
    try:
        if mode & s.SSL_VERIFY_PEER and not (
                s.SSL_get_verify_mode(connection.handle) & s.SSL_VERIFY_PEER):
            check_name(connection, mode)
        connection.hooks = connection.hooks.changed(ON_VERIFY, callback)
        connection.own(ON_VERIFY)
        s.SSL_set_verify(connection.handle, mode, hook)
    finally:
        connection.leave()


def connection_set_verify_mode(Connection connection not None, int mode) -> None:
    """The same, and the callback stays: what C does when it is given none."""
    connection.enter()
    try:
        if mode & s.SSL_VERIFY_PEER and not (
                s.SSL_get_verify_mode(connection.handle) & s.SSL_VERIFY_PEER):
            check_name(connection, mode)
        connection.own(ON_VERIFY)
        s.SSL_set_verify(connection.handle, mode, NULL)
    finally:
        connection.leave()


def verify_client_post_handshake(Connection connection not None) -> None:
    cdef double deadline = 0
    # Not in the middle of another thread's message.
    connection.enter_turn(&deadline)
    try:
        connection.enter_io()
        try:
            if connection.hooks.has(ON_PEER):
                raise Error([(
                    "SSL routines", "",
                    "a peer_callback judges the client when the handshake is done: it is not "
                    "asked about a certificate that comes later")])
            errors.clear()
            if SSL_verify_client_post_handshake(connection.handle) != 1:
                errors.fail_ssl("the client cannot be asked for a certificate now")
            # It comes in the middle of whatever is read next.
            connection.asked_late = True
        finally:
            connection.leave()
    finally:
        brisk_lock_leave(&connection.turn)


def connection_get_verify_mode(Connection connection not None) -> int:
    return asking.number(connection, s.SSL_get_verify_mode)


# ---- the names a peer must have

cdef int check_name(Connection connection, int mode) except -1:
    """Refuse to verify from the middle of a handshake on where nobody has said whom."""
    if connection.must_name and not (
            s.SSL_in_before(connection.handle) or s.SSL_is_init_finished(connection.handle)):
        connection.check_named(mode)
    return 0


def set_host(
    Connection connection not None, bytes name not None, bint address, bint dotted,
) -> None:
    """``address``: the name is one; ``dotted``: OpenSSL's own ways are needed for it."""
    connection.enter()
    try:
        if dotted and not connection.own_hostflags:
            raise ValueError("name must not begin or end with a dot")
        errors.clear()
        if address:
            set_address(connection, name)
            return
        if SSL_set1_host(connection.handle, name) != 1:
            errors.fail_ssl("the host name cannot be checked for")
        if not connection.own_hostflags:
            s.SSL_set_hostflags(connection.handle, HOSTFLAGS)
    finally:
        connection.leave()


cdef int set_address(Connection connection, bytes address) except -1:
    if c.X509_VERIFY_PARAM_set1_ip_asc(s.SSL_get0_param(connection.handle), address) != 1:
        errors.fail_ssl("not an IP address")
    connection.addressed = True
    connection.channel.addressed = True
    return 0


def set_ip_asc(Connection connection not None, bytes address not None) -> None:
    connection.enter()
    try:
        errors.clear()
        set_address(connection, address)
    finally:
        connection.leave()


def set_hostflags(Connection connection not None, unsigned int flags) -> None:
    connection.enter()
    try:
        s.SSL_set_hostflags(connection.handle, flags)
        connection.own_hostflags = True
    finally:
        connection.leave()


def get_peername(Connection connection not None) -> str | None:
    cdef const char* name
    connection.enter()
    try:
        name = SSL_get0_peername(connection.handle)
        return None if name == NULL else (<bytes>name).decode("utf-8", "replace")
    finally:
        connection.leave()
