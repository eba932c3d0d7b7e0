"""Whom to believe: authorities, and how a peer is verified by them."""

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
cimport OpenSSL._native.ssl.targets as targets
from OpenSSL._native.common.hooks cimport ON_PEER, ON_VERIFY
from OpenSSL._native.common.lock cimport brisk_lock_leave
from OpenSSL._native.common.rules cimport store_changed
from OpenSSL._native.crypto.shared_stores cimport platform_folder, shared_store
from OpenSSL._native.crypto.stores cimport X509Store, wrap_store
from OpenSSL._native.ssl.callbacks cimport on_verify
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport EMPTY, OWN, SHARED, Context

from OpenSSL._exceptions import Error

cdef extern from "compat.h" nogil:
    int SSL_CTX_load_verify_locations(s.SSL_CTX* context, const char* file, const char* folder)
    int SSL_CTX_set_default_verify_paths(s.SSL_CTX* context)
    void SSL_CTX_set_verify(s.SSL_CTX* context, int mode, s.verify_hook callback)
    void SSL_CTX_set_verify_depth(s.SSL_CTX* context, int depth)
    int SSL_verify_client_post_handshake(s.SSL* ssl)


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


cdef int keep_store_alive(Context context, X509Store replaced) except -1:
    """Keep a store that was the Context's alive where a connection may be verifying by it.

    libssl verifies by it without a reference of its own (X509_STORE_CTX_init, 3.0 to 4.0), also
    while a hook runs, which may be what replaces it.
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
        keep_store_alive(context, before)
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
                keep_store_alive(context, borrowed_store(context))
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
    return targets.context_number(context, s.SSL_CTX_get_verify_mode)


def set_verify_depth(Context context not None, int depth) -> None:
    context.change()
    try:
        SSL_CTX_set_verify_depth(context.handle, depth)
    finally:
        context.leave()


def get_verify_depth(Context context not None) -> int:
    return targets.context_number(context, s.SSL_CTX_get_verify_depth)


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


cdef int check_name(Connection connection, int mode) except -1:
    """Refuse to verify from the middle of a handshake on where nobody has said whom."""
    if connection.must_name and not (
            s.SSL_in_before(connection.handle) or s.SSL_is_init_finished(connection.handle)):
        connection.check_named(mode)
    return 0


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
    return targets.number(connection, s.SSL_get_verify_mode)
