"""C callbacks of pre-shared keys: both sides know a secret, and no certificate is needed.

Theory.  TLS 1.2 asks for an identity and a key.  TLS 1.3 makes a session of them, with a
cipher whose digest the key is for.  libssl has callbacks for both kinds, and those of TLS 1.2
serve TLS 1.3 as well, with SHA-256; but the sessions that it makes for that have no stamp, and
identities lose what follows a NUL byte (tls_construct_ctos_early_data, tls_parse_ctos_psk, 3.0 to
4.0).  So in TLS 1.3 all hooks are asked by the callbacks of TLS 1.3, and the others are silent
there.  An answer of "none" lets a handshake of TLS 1.3 go on with a certificate; what a hook
raises ends it.  What a key stands for: ``stamps``.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport uint32_t
from libc.string cimport memcpy

cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport (
    ON_PSK_CLIENT, ON_PSK_FIND, ON_PSK_SERVER, ON_PSK_USE, Carrier, Hooks, Scope, enter_hook,
    leave_hook, settled,
)
from OpenSSL._native.ssl.callbacks cimport carrier_of
from OpenSSL._native.ssl.channel cimport Channel
from OpenSSL._native.ssl.key_sessions cimport checked_key, session_for
from OpenSSL._native.ssl.stamps cimport channel_of

cdef extern from "compat.h" nogil:
    const c.EVP_MD* SSL_CIPHER_get_handshake_digest(const s.SSL_CIPHER* cipher)
    void SSL_CTX_set_psk_client_callback(s.SSL_CTX* context, s.psk_client_hook callback)
    void SSL_CTX_set_psk_server_callback(s.SSL_CTX* context, s.psk_server_hook callback)
    void SSL_CTX_set_psk_use_session_callback(s.SSL_CTX* context, s.psk_use_hook callback)
    void SSL_CTX_set_psk_find_session_callback(s.SSL_CTX* context, s.psk_find_hook callback)
    void SSL_set_psk_client_callback(s.SSL* ssl, s.psk_client_hook callback)
    void SSL_set_psk_server_callback(s.SSL* ssl, s.psk_server_hook callback)
    void SSL_set_psk_use_session_callback(s.SSL* ssl, s.psk_use_hook callback)
    void SSL_set_psk_find_session_callback(s.SSL* ssl, s.psk_find_hook callback)
    int PSK_MAX_IDENTITY_LEN
    int TLS_ST_CW_KEY_EXCH
    int EVP_MD_is_a(const c.EVP_MD* kind, const char* name)
    const char* EVP_MD_get0_name(const c.EVP_MD* kind)

cdef enum:
    LONGEST_NAME = 0xffff   # two bytes of length on the wire


# ---- which of them libssl is to ask

ctypedef struct Asked:
    s.psk_client_hook client
    s.psk_server_hook server
    s.psk_use_hook use
    s.psk_find_hook find


cdef Asked asked_of(Hooks hooks) noexcept:
    """What libssl is to call; which ciphers are offered and chosen depends on the former two."""
    cdef Asked asked
    asked.client = NULL
    asked.server = NULL
    asked.use = NULL
    asked.find = NULL
    if hooks.has(ON_PSK_CLIENT):
        asked.client = on_psk_client
    if hooks.has(ON_PSK_SERVER):
        asked.server = on_psk_server
    if hooks.has(ON_PSK_USE) or asked.client != NULL:
        asked.use = on_psk_use
    if hooks.has(ON_PSK_FIND) or asked.server != NULL:
        asked.find = on_psk_find
    return asked


cdef void adopt_keys(s.SSL* ssl, Hooks hooks) noexcept:
    """Ask the hooks of another Context."""
    cdef Asked asked = asked_of(hooks)
    SSL_set_psk_client_callback(ssl, asked.client)
    SSL_set_psk_server_callback(ssl, asked.server)
    SSL_set_psk_use_session_callback(ssl, asked.use)
    SSL_set_psk_find_session_callback(ssl, asked.find)


cdef void ask_keys(s.SSL_CTX* context, Hooks hooks) noexcept:
    """The same for the connections that a Context is going to make."""
    cdef Asked asked = asked_of(hooks)
    SSL_CTX_set_psk_client_callback(context, asked.client)
    SSL_CTX_set_psk_server_callback(context, asked.server)
    SSL_CTX_set_psk_use_session_callback(context, asked.use)
    SSL_CTX_set_psk_find_session_callback(context, asked.find)


# ---- what hooks return

cdef bytes checked_identity(object identity, size_t least, size_t room, bint text):
    if isinstance(identity, str):
        identity = identity.encode()
    if not isinstance(identity, bytes):
        raise TypeError(f"an identity must be text or bytes, not {type(identity).__name__}")
    if not least <= <size_t>PyBytes_GET_SIZE(identity) <= room:
        raise ValueError(
            f"an identity has {least} to {room} bytes, not {PyBytes_GET_SIZE(identity)}")
    if text and b"\0" in identity:
        raise ValueError("an identity must not contain a NUL byte")
    return identity


cdef tuple key_and_cipher(object answer):
    """``key`` alone, or ``(key, cipher)``."""
    if isinstance(answer, tuple):
        if len(answer) != 2:
            raise TypeError("a pre-shared key is bytes, or bytes and the name of a cipher")
        return answer
    return answer, None


# ---- asking them

cdef tuple ask_client(Carrier carrier, object hint, size_t room):
    """What a client's hook of TLS 1.2 says: identity and key, or None."""
    answer = settled(carrier.hooks.get(ON_PSK_CLIENT)(carrier, hint), "a PSK callback")
    if answer is None:
        return None
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise TypeError("a PSK client callback must return an identity and a key, or None")
    name, key = answer
    return checked_identity(name, 0, room, True), key


cdef unsigned int give_key(
    Carrier carrier, Channel* channel, object hint, char* identity, size_t identity_room,
    unsigned char* key, size_t key_room,
) except? 0:
    cdef bytes name, secret
    answer = ask_client(carrier, hint, identity_room - 1)
    if answer is None:
        channel.keyless = True
        return 0
    name = answer[0]
    secret = checked_key(answer[1], key_room)
    memcpy(identity, PyBytes_AS_STRING(name), PyBytes_GET_SIZE(name) + 1)
    memcpy(key, PyBytes_AS_STRING(secret), PyBytes_GET_SIZE(secret))
    return <unsigned int>PyBytes_GET_SIZE(secret)


cdef tuple ask_use(Carrier carrier):
    """Identity, key and cipher for TLS 1.3, or None."""
    cdef Hooks hooks = carrier.hooks
    if hooks.has(ON_PSK_USE):
        answer = settled(hooks.get(ON_PSK_USE)(carrier), "a PSK callback")
        if answer is not None:
            if not isinstance(answer, tuple) or len(answer) not in (2, 3):
                raise TypeError(
                    "a PSK callback must return an identity, a key and the name of a cipher, "
                    "an identity and a Session, or None")
            return (checked_identity(answer[0], 1, LONGEST_NAME, False), answer[1],
                    answer[2] if len(answer) == 3 else None)
    if hooks.has(ON_PSK_CLIENT):
        answer = ask_client(carrier, None, PSK_MAX_IDENTITY_LEN - 1)
        if answer is not None:
            return (*answer, None)
    return None


cdef uint32_t make_ready(s.SSL* ssl, Carrier carrier) except? 0:
    """Ask before there is a hello, keep the answer for it, and see how much early data it allows.

    Only a callback for sessions can give one that allows any.
    """
    cdef s.SSL_SESSION* made
    cdef uint32_t size
    carrier.ready = None
    if not carrier.hooks.has(ON_PSK_USE):
        return 0
    answer = ask_use(carrier)
    if answer is None or not answer[0]:
        return 0
    made = session_for(ssl, answer[1], answer[2])
    size = s.SSL_SESSION_get_max_early_data(made)
    s.SSL_SESSION_free(made)
    carrier.ready = answer
    return size


cdef int give_session(
    s.SSL* ssl, Carrier carrier, const c.EVP_MD* digest, const unsigned char** identity,
    size_t* size, s.SSL_SESSION** session,
) except -1:
    cdef s.SSL_SESSION* made
    answer = carrier.ready
    carrier.ready = None
    if answer is None:
        answer = ask_use(carrier)
    if answer is None:
        channel_of(ssl).keyless = True
        return 0
    if not answer[0]:
        return 0    # TLS 1.3 has no empty identity; in TLS 1.2 the key may still be used
    made = session_for(ssl, answer[1], answer[2])
    if digest != NULL and not EVP_MD_is_a(digest, EVP_MD_get0_name(
            SSL_CIPHER_get_handshake_digest(s.SSL_SESSION_get0_cipher(made)))):
        s.SSL_SESSION_free(made)    # the server has chosen a cipher that the key is not for
        return 0
    # It is copied when we have returned (SSL_set_psk_use_session_callback(3)).
    carrier.identity = answer[0]
    identity[0] = <const unsigned char*>PyBytes_AS_STRING(carrier.identity)
    size[0] = PyBytes_GET_SIZE(carrier.identity)
    session[0] = made
    return 0


cdef tuple ask_find(Carrier carrier, bytes identity):
    """Key and cipher for TLS 1.3, or None."""
    cdef Hooks hooks = carrier.hooks
    if hooks.has(ON_PSK_FIND):
        found = settled(hooks.get(ON_PSK_FIND)(carrier, identity), "a PSK callback")
        if found is not None:
            return key_and_cipher(found)
    # As tls_parse_ctos_psk does it (3.0 to 4.0), but for NUL bytes.
    if (hooks.has(ON_PSK_SERVER) and PyBytes_GET_SIZE(identity) <= PSK_MAX_IDENTITY_LEN
            and b"\0" not in identity):
        found = settled(hooks.get(ON_PSK_SERVER)(carrier, identity), "a PSK callback")
        if found is not None:
            return found, None
    return None


# ---- C callbacks: TLS 1.2

cdef unsigned int on_psk_client(
    s.SSL* ssl, const char* hint, char* identity, unsigned int identity_room,
    unsigned char* key, unsigned int key_room,
) noexcept with gil:
    cdef Scope scope
    cdef unsigned int answer = 0
    cdef Channel* channel = channel_of(ssl)
    cdef Carrier carrier = carrier_of(ssl)
    if carrier is None or channel == NULL or channel.poisoned:
        return 0
    if s.SSL_get_state(ssl) != TLS_ST_CW_KEY_EXCH or not carrier.hooks.has(ON_PSK_CLIENT):
        return 0
    if not enter_hook(&scope, carrier):
        return 0
    try:
        answer = give_key(
            carrier, channel, None if hint == NULL else <bytes>hint, identity, identity_room,
            key, key_room)
    except BaseException as error:
        carrier.keep(error)
        answer = 0
    leave_hook(&scope, carrier)
    return answer


cdef unsigned int on_psk_server(
    s.SSL* ssl, const char* identity, unsigned char* key, unsigned int room,
) noexcept with gil:
    cdef Scope scope
    cdef unsigned int answer = 0
    cdef bytes secret
    cdef Channel* channel = channel_of(ssl)
    cdef Carrier carrier = carrier_of(ssl)
    if carrier is None or channel == NULL or channel.poisoned or identity == NULL:
        return 0
    if s.SSL_version(ssl) == s.TLS1_3_VERSION or not carrier.hooks.has(ON_PSK_SERVER):
        return 0
    if not enter_hook(&scope, carrier):
        return 0
    try:
        found = settled(
            carrier.hooks.get(ON_PSK_SERVER)(carrier, <bytes>identity), "a PSK callback")
        if found is not None:
            secret = checked_key(found, room)
            memcpy(key, PyBytes_AS_STRING(secret), PyBytes_GET_SIZE(secret))
            answer = <unsigned int>PyBytes_GET_SIZE(secret)
    except BaseException as error:
        carrier.keep(error)
        answer = 0
    leave_hook(&scope, carrier)
    return answer


# ---- C callbacks: TLS 1.3

cdef int on_psk_use(
    s.SSL* ssl, const c.EVP_MD* digest, const unsigned char** identity, size_t* size,
    s.SSL_SESSION** session,
) noexcept with gil:
    cdef Scope scope
    cdef int answer = 1
    cdef Channel* channel = channel_of(ssl)
    cdef Carrier carrier = carrier_of(ssl)
    session[0] = NULL
    identity[0] = NULL
    size[0] = 0
    if carrier is None or channel == NULL or channel.poisoned:
        return 0
    if not enter_hook(&scope, carrier):
        return 0
    try:
        give_session(ssl, carrier, digest, identity, size, session)
    except BaseException as error:
        carrier.keep(error)
        answer = 0
    leave_hook(&scope, carrier)
    return answer


cdef int on_psk_find(
    s.SSL* ssl, const unsigned char* identity, size_t size, s.SSL_SESSION** session,
) noexcept with gil:
    cdef Scope scope
    cdef int answer = 1
    cdef Channel* channel = channel_of(ssl)
    cdef Carrier carrier = carrier_of(ssl)
    session[0] = NULL
    if carrier is None or channel == NULL or channel.poisoned:
        return 0
    if not enter_hook(&scope, carrier):
        return 0
    try:
        name = PyBytes_FromStringAndSize(<const char*>identity, size)
        found = ask_find(carrier, name)
        if found is not None:
            session[0] = session_for(ssl, found[0], found[1])
            carrier.identity = name
    except BaseException as error:
        carrier.keep(error)
        answer = 0
    leave_hook(&scope, carrier)
    return answer
