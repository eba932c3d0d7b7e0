"""Certificates, chains and private keys of a Context or a Connection."""

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport Hooks, Kept, keep
from OpenSSL._native.common.passphrases cimport Passphrase, of_context, on_passphrase
from OpenSSL._native.crypto.certificates cimport X509, release_certificate, wrap_certificate
from OpenSSL._native.crypto.keys cimport PKey, release_key
from OpenSSL._native.crypto.signers cimport keeping
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.renewal cimport (
    CERTIFICATE, KEY, WITH_CHAIN, Renewal, add_to_chain, begin, finish, under_way,
)

cdef extern from "compat.h" nogil:
    int SSL_CTX_use_certificate(s.SSL_CTX* context, c.X509* certificate)
    int SSL_CTX_use_certificate_file(s.SSL_CTX* context, const char* path, int kind)
    int SSL_CTX_use_certificate_chain_file(s.SSL_CTX* context, const char* path)
    long SSL_CTX_add_extra_chain_cert(s.SSL_CTX* context, c.X509* certificate)
    int SSL_CTX_use_PrivateKey(s.SSL_CTX* context, c.EVP_PKEY* key)
    int SSL_CTX_use_PrivateKey_file(s.SSL_CTX* context, const char* path, int kind)
    int SSL_CTX_check_private_key(const s.SSL_CTX* context)
    int SSL_use_certificate_file(s.SSL* ssl, const char* path, int kind)
    int SSL_use_certificate_chain_file(s.SSL* ssl, const char* path)
    int SSL_use_PrivateKey_file(s.SSL* ssl, const char* path, int kind)
    int SSL_use_certificate(s.SSL* ssl, c.X509* certificate)
    int SSL_use_PrivateKey(s.SSL* ssl, c.EVP_PKEY* key)
    void SSL_CTX_set_post_handshake_auth(s.SSL_CTX* context, int value)
    int SSL_check_private_key(const s.SSL* ssl)
    void SSL_set_post_handshake_auth(s.SSL* ssl, int value)


cdef int load_file(
    Context context, Source source, const char* path, int kind, object ask=None,
) except -1:
    """Load a file that may be encrypted; `ask` knows the passphrase, else the Context's hook."""
    cdef Kept asked = context.passphrase
    cdef Passphrase passphrase
    cdef Renewal next = begin(context) if source != KEY_FILE else under_way(context)
    cdef int result
    if ask is not None:
        passphrase = of_context((ask, None))
    else:
        passphrase = of_context(None if asked is None else asked.value)
    errors.clear()
    if next is None:
        result = load_now(context.handle, source, path, kind, passphrase)
    else:
        result = load_next(next.handle, source, path, kind, passphrase)
    passphrase.raise_kept()
    if result != 1:
        errors.fail_ssl("the file could not be loaded")
    return finish(next, context, KEY if source == KEY_FILE else (
        WITH_CHAIN if source == CHAIN_FILE else CERTIFICATE))


# Even without a hook ours is installed: the library's own prompts on the terminal.

cdef int load_now(
    s.SSL_CTX* handle, Source source, const char* path, int kind, Passphrase passphrase,
) noexcept:
    cdef int result
    s.SSL_CTX_set_default_passwd_cb(handle, on_passphrase)
    s.SSL_CTX_set_default_passwd_cb_userdata(handle, <void*>passphrase)
    if source == KEY_FILE:
        result = SSL_CTX_use_PrivateKey_file(handle, path, kind)
    elif source == CHAIN_FILE:
        result = SSL_CTX_use_certificate_chain_file(handle, path)
    else:
        result = SSL_CTX_use_certificate_file(handle, path, kind)
    s.SSL_CTX_set_default_passwd_cb_userdata(handle, NULL)
    s.SSL_CTX_set_default_passwd_cb(handle, NULL)
    return result


cdef int load_next(
    s.SSL* handle, Source source, const char* path, int kind, Passphrase passphrase,
) noexcept:
    cdef int result
    s.SSL_set_default_passwd_cb(handle, on_passphrase)
    s.SSL_set_default_passwd_cb_userdata(handle, <void*>passphrase)
    if source == KEY_FILE:
        result = SSL_use_PrivateKey_file(handle, path, kind)
    elif source == CHAIN_FILE:
        result = SSL_use_certificate_chain_file(handle, path)
    else:
        result = SSL_use_certificate_file(handle, path, kind)
    s.SSL_set_default_passwd_cb_userdata(handle, NULL)
    s.SSL_set_default_passwd_cb(handle, NULL)
    return result


def set_passwd_cb(Context context not None, callback: PassphraseHook | None, data) -> None:
    cdef Kept kept = keep((callback, data))
    context.change()
    try:
        # What it replaces may have a finaliser of its own: that runs outside.
        context.passphrase, kept = kept, context.passphrase
    finally:
        context.leave()


def use_certificate_file(Context context not None, bytes path not None, int kind) -> None:
    context.change()
    try:
        load_file(context, CERTIFICATE_FILE, path, kind)
    finally:
        context.leave()


def use_certificate_chain_file(
    Context context not None, bytes path not None, ask: PassphraseHook | None = None,
) -> None:
    context.change()
    try:
        load_file(context, CHAIN_FILE, path, 0, ask)
    finally:
        context.leave()


def use_privatekey_file(
    Context context not None, bytes path not None, int kind, ask: PassphraseHook | None = None,
) -> None:
    context.change()
    try:
        load_file(context, KEY_FILE, path, kind, ask)
    finally:
        context.leave()


def use_certificate(Context context not None, X509 certificate not None) -> None:
    cdef c.X509* handle
    cdef Renewal next
    cdef int result
    context.change()
    try:
        next = begin(context)
        errors.clear()
        handle = certificate.share()
        if next is None:
            result = SSL_CTX_use_certificate(context.handle, handle)
        else:
            result = SSL_use_certificate(next.handle, handle)
        release_certificate(handle)
        if result != 1:
            errors.fail_ssl("the certificate cannot be used")
        finish(next, context, CERTIFICATE)
    finally:
        context.leave()


def add_extra_chain_cert(Context context not None, X509 certificate not None) -> None:
    cdef c.X509* handle
    cdef X509 shared
    context.change()
    try:
        handle = certificate.share()
        shared = wrap_certificate(handle)   # nobody changes it any more; it gives it back
        if add_to_chain(context, shared):
            return
        errors.clear()
        handle = shared.share()
        # The reference is the Context's when that succeeds.
        if SSL_CTX_add_extra_chain_cert(context.handle, handle) != 1:
            release_certificate(handle)
            errors.fail_ssl("the certificate cannot be added to the chain")
    finally:
        context.leave()


def use_privatekey(Context context not None, PKey key not None) -> None:
    cdef c.EVP_PKEY* handle
    cdef Renewal next
    cdef Hooks hooks
    cdef int result
    context.change()
    try:
        next = under_way(context)
        errors.clear()
        handle = key.share()    # the object may take another key meanwhile
        try:
            hooks = keeping(context.hooks, handle)
        except BaseException:
            release_key(handle)
            raise
        if next is None:
            result = SSL_CTX_use_PrivateKey(context.handle, handle)
        else:
            result = SSL_use_PrivateKey(next.handle, handle)
        release_key(handle)
        if result != 1:
            errors.fail_ssl("the private key cannot be used")
        context.hooks = hooks
        finish(next, context, KEY)
    finally:
        context.leave()


def check_privatekey(Context context not None) -> None:
    cdef Renewal next
    cdef int result
    context.enter()
    try:
        next = under_way(context)
        errors.clear()
        if next is None:
            result = SSL_CTX_check_private_key(context.handle)
        else:
            result = SSL_check_private_key(next.handle)
        if result != 1:
            errors.fail_ssl("the private key does not match the certificate")
    finally:
        context.leave()


def set_post_handshake_auth(Context context not None, bint enabled) -> None:
    context.enter()
    try:
        SSL_CTX_set_post_handshake_auth(context.handle, enabled)
        context.asked_late = enabled
    finally:
        context.leave()


def connection_use_certificate(Connection connection not None, X509 certificate not None) -> None:
    cdef c.X509* handle
    cdef int result
    connection.enter()
    try:
        errors.clear()
        handle = certificate.share()
        connection.own_certificate()
        result = SSL_use_certificate(connection.handle, handle)
        release_certificate(handle)
        if result != 1:
            errors.fail_ssl("the certificate cannot be used")
    finally:
        connection.leave()


def connection_use_privatekey(Connection connection not None, PKey key not None) -> None:
    cdef c.EVP_PKEY* handle
    cdef Hooks hooks
    cdef int result
    connection.enter()
    try:
        errors.clear()
        handle = key.share()    # the object may take another key meanwhile
        try:
            hooks = keeping(connection.hooks, handle)
        except BaseException:
            release_key(handle)
            raise
        result = SSL_use_PrivateKey(connection.handle, handle)
        release_key(handle)
        if result != 1:
            errors.fail_ssl("the private key cannot be used")
        if hooks is not connection.hooks:
            connection.hooks = hooks
            connection.settle()
    finally:
        connection.leave()


def connection_check_privatekey(Connection connection not None) -> None:
    connection.enter()
    try:
        errors.clear()
        if SSL_check_private_key(connection.handle) != 1:
            errors.fail_ssl("the private key does not match the certificate")
    finally:
        connection.leave()


def connection_set_post_handshake_auth(Connection connection not None, bint enabled) -> None:
    connection.enter()
    try:
        SSL_set_post_handshake_auth(connection.handle, enabled)
        # What the peer has been told once stays.
        if enabled or s.SSL_get_state(connection.handle) == s.TLS_ST_BEFORE:
            connection.asked_late = enabled
    finally:
        connection.leave()
