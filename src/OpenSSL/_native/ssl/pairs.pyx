"""Certificates, each whole with its key and its chain, of a Context or a Connection."""

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport (
    ON_ALPN_SELECT, ON_CERTIFICATE, ON_CLIENT_HELLO, ON_INFO, ON_PSK_FIND, ON_PSK_SERVER,
    ON_SERVERNAME, Hooks, Kept,
)
from OpenSSL._native.common.passphrases cimport of_context
from OpenSSL._native.crypto.certificates cimport (
    X509, new_chain, release_certificate, release_chain, wrap_certificate, wrap_chain,
)
from OpenSSL._native.crypto.keys cimport PKey, release_key, wrap_key
from OpenSSL._native.crypto.signers cimport keeping
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.renewal cimport add_to_what_waits, came_whole, chain_behind, is_sent
from OpenSSL._native.ssl.targets cimport change, connection_of, context_of, leave

cdef extern from "compat.h" nogil:
    c.X509* SSL_CTX_get0_certificate(const s.SSL_CTX* context)
    long SSL_add1_chain_cert(s.SSL* ssl, c.X509* certificate)
    int SSL_check_chain(s.SSL* ssl, c.X509* certificate, c.EVP_PKEY* key, c.X509_CHAIN* chain)
    long SSL_CTX_clear_chain_certs(s.SSL_CTX* context)
    long SSL_clear_chain_certs(s.SSL* ssl)
    long SSL_CTX_clear_extra_chain_certs(s.SSL_CTX* context)
    long SSL_CERT_SET_FIRST
    long SSL_CERT_SET_NEXT
    long SSL_CTX_set_current_cert(s.SSL_CTX* context, long which)
    long SSL_CTX_select_current_cert(s.SSL_CTX* context, c.X509* certificate)
    long SSL_select_current_cert(s.SSL* ssl, c.X509* certificate)
    void SSL_certs_clear(s.SSL* ssl)


def passphrase_of(Context context not None) -> Passphrase:
    """What asks the Context's own hook."""
    cdef Kept asked
    context.enter()
    try:
        asked = context.passphrase
    finally:
        context.leave()
    return of_context(None if asked is None else asked.value)


cdef c.X509* current_of(object target) noexcept:
    if isinstance(target, Context):
        return SSL_CTX_get0_certificate((<Context>target).handle)
    return s.SSL_get_certificate((<Connection>target).handle)


cdef Hooks hooks_of(object target):
    if isinstance(target, Context):
        return (<Context>target).hooks
    return (<Connection>target).hooks


cdef int take_hooks(object target, Hooks hooks) except -1:
    if isinstance(target, Context):
        (<Context>target).hooks = hooks
    elif hooks is not (<Connection>target).hooks:
        (<Connection>target).hooks = hooks
        (<Connection>target).settle()
    return 0


def use(
    target not None: Context | Connection,
    X509 leaf not None,
    PKey key not None,
    list chain not None: list[Any],
) -> None:
    """All three at one moment, in the place of those of the same kind of key."""
    cdef c.X509* certificate = NULL
    cdef c.EVP_PKEY* private = NULL
    cdef c.X509_CHAIN* others = NULL
    cdef Hooks hooks
    cdef int result
    try:
        certificate = leaf.share()
        private = key.share()
        change(target)
        try:
            if isinstance(target, Context):
                others = chain_behind(<Context>target, leaf, chain)
            else:
                others = new_chain(chain)
            hooks = keeping(hooks_of(target), private)
            errors.clear()
            if context_of(target) != NULL:
                result = s.SSL_CTX_use_cert_and_key(
                    context_of(target), certificate, private, others, 1)
            else:
                (<Connection>target).own_certificate()
                result = s.SSL_use_cert_and_key(
                    connection_of(target), certificate, private, others, 1)
            if result != 1:
                errors.fail_ssl("the certificate and its key cannot be used")
            take_hooks(target, hooks)
            if isinstance(target, Context):
                came_whole(<Context>target, certificate, private)
        finally:
            leave(target)
    finally:
        release_certificate(certificate)
        release_key(private)
        release_chain(others)


def check(
    Connection connection not None,
    X509 leaf not None,
    PKey key not None,
    list chain: list[X509] | None,
) -> int:
    """What the peer would make of all three, in bits; without a list a chain is looked for."""
    cdef c.X509* certificate = NULL
    cdef c.EVP_PKEY* private = NULL
    cdef c.X509_CHAIN* others = NULL
    try:
        certificate = leaf.share()
        private = key.share()
        if chain is not None:
            others = new_chain(chain)
        connection.enter()
        try:
            connection.start_reading()      # the authorities may be the Context's
            try:
                errors.clear()
                return SSL_check_chain(connection.handle, certificate, private, others)
            finally:
                connection.stop_reading()
        finally:
            connection.leave()
    finally:
        errors.clear()
        release_certificate(certificate)
        release_key(private)
        release_chain(others)


def add_chain_certificate(target not None: Context | Connection, X509 certificate not None) -> None:
    cdef c.X509* handle = certificate.share()
    cdef X509 shared
    cdef long result
    try:
        change(target)
        try:
            if isinstance(target, Context):
                shared = share_certificate(handle)      # nobody changes it any more
                if (add_to_what_waits(<Context>target, shared)
                        or is_sent(<Context>target, shared)):
                    return
            errors.clear()
            if current_of(target) == NULL:
                errors.fail_ssl("no certificate has been set that it could be sent behind")
            if context_of(target) != NULL:
                result = s.SSL_CTX_add1_chain_cert(context_of(target), handle)
            else:
                (<Connection>target).own_certificate()
                result = SSL_add1_chain_cert(connection_of(target), handle)
            if result != 1:
                errors.fail_ssl("the certificate cannot be added to the chain")
        finally:
            leave(target)
    finally:
        release_certificate(handle)


def clear_chain(target not None: Context | Connection) -> None:
    """Forget what is sent behind the current certificate, and behind all of a Context's."""
    cdef long result
    change(target)
    try:
        if isinstance(target, Context) and add_to_what_waits(<Context>target, None):
            return
        errors.clear()
        if context_of(target) != NULL:
            result = SSL_CTX_clear_chain_certs(context_of(target))
            if SSL_CTX_clear_extra_chain_certs(context_of(target)) != 1:
                result = 0
        else:
            (<Connection>target).own_certificate()
            result = SSL_clear_chain_certs(connection_of(target))
        if result != 1:
            errors.fail_ssl("the chain cannot be cleared")
    finally:
        leave(target)


def clear_certificates(Connection connection not None) -> None:
    connection.enter()
    try:
        SSL_certs_clear(connection.handle)
    finally:
        connection.leave()


# ---- what is set

cdef object share_certificate(c.X509* borrowed):
    if borrowed == NULL:
        return None
    errors.clear()
    if c.X509_up_ref(borrowed) != 1:
        errors.fail_ssl("X509_up_ref failed")
    return wrap_certificate(borrowed)


def get_certificate(Context context not None) -> Any:
    context.enter()
    try:
        return share_certificate(SSL_CTX_get0_certificate(context.handle))
    finally:
        context.leave()


def may_prove_itself(Context context not None) -> bool:
    """Whether a server has what it shows to clients, or a hook that may bring that."""
    cdef Hooks hooks
    context.enter()
    try:
        hooks = context.hooks
        return (SSL_CTX_get0_certificate(context.handle) != NULL
                or s.SSL_CTX_get0_privatekey(context.handle) != NULL
                or context.renewal is not None
                or hooks.has(ON_CERTIFICATE) or hooks.has(ON_CLIENT_HELLO)
                or hooks.has(ON_SERVERNAME) or hooks.has(ON_ALPN_SELECT) or hooks.has(ON_INFO)
                or hooks.has(ON_PSK_SERVER) or hooks.has(ON_PSK_FIND))
    finally:
        context.leave()


cdef list chain_of(Context context):
    cdef c.X509_CHAIN* chain = NULL
    errors.clear()
    if s.SSL_CTX_get0_chain_certs(context.handle, &chain) != 1:
        errors.fail_ssl("the chain cannot be looked at")
    if chain == NULL and s.SSL_CTX_get_extra_chain_certs_only(context.handle, &chain) != 1:
        errors.fail_ssl("the chain cannot be looked at")
    return [] if chain == NULL else wrap_chain(chain)


def get_chain(Context context not None) -> list[Any]:
    context.enter()
    try:
        return chain_of(context)
    finally:
        context.leave()


def get_private_key(Context context not None) -> Any:
    cdef c.EVP_PKEY* key
    context.enter()
    try:
        key = s.SSL_CTX_get0_privatekey(context.handle)
        if key == NULL:
            return None
        errors.clear()
        if c.EVP_PKEY_up_ref(key) != 1:
            errors.fail_ssl("EVP_PKEY_up_ref failed")
        return wrap_key(key)
    finally:
        context.leave()


def list_certificates(Context context not None) -> list[Any]:
    """Each certificate that has a key, with its chain; the current one stays current."""
    cdef c.X509* current
    cdef long which = SSL_CERT_SET_FIRST
    cdef list found = []
    # It moves what a handshake looks at.
    context.change()
    try:
        current = SSL_CTX_get0_certificate(context.handle)
        try:
            while SSL_CTX_set_current_cert(context.handle, which) == 1:
                which = SSL_CERT_SET_NEXT
                found.append((
                    share_certificate(SSL_CTX_get0_certificate(context.handle)),
                    chain_of(context)))
        finally:
            if current != NULL and SSL_CTX_select_current_cert(context.handle, current) != 1:
                found = []  # it has no key, and there is no way back to it
        return found
    finally:
        context.leave()


def select(target not None: Context | Connection, X509 certificate not None) -> bool:
    """Make a certificate that is set already the current one; whether it was there."""
    cdef c.X509* handle = certificate.share()
    try:
        change(target)
        try:
            if context_of(target) != NULL:
                return SSL_CTX_select_current_cert(context_of(target), handle) == 1
            return SSL_select_current_cert(connection_of(target), handle) == 1
        finally:
            leave(target)
    finally:
        release_certificate(handle)
