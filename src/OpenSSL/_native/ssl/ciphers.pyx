"""Which versions, ciphers, groups and signatures an end offers and accepts.

Theory.  A cipher string that selects nothing leaves OpenSSL with an empty list
(SSL_CTX_set_cipher_list, 3.0 to 4.0) and, when it named one, another security level.  So the
previous list is noted first and put back when the new one is refused: a failed call changes
nothing.
"""

from libc.stdint cimport uint32_t

from cpython.bytes cimport PyBytes_AS_STRING

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
cimport OpenSSL._native.common.memory as memory
cimport OpenSSL._native.ssl.targets as targets
from OpenSSL._native.common.memory cimport Memory
from OpenSSL._native.crypto.keys cimport PKey, release_key, wrap_key
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._exceptions import Error
from OpenSSL._native.common.constants import SSLv23_METHOD

cdef extern from "compat.h" nogil:
    ctypedef struct brisk_words:
        pass
    bint brisk_has_group_list()
    brisk_words* brisk_implemented_groups(s.SSL_CTX* context, int all)
    int sk_OPENSSL_CSTRING_num(const brisk_words* words)
    const char* sk_OPENSSL_CSTRING_value(const brisk_words* words, int index)
    void sk_OPENSSL_CSTRING_free(brisk_words* words)
    int SSL_CTX_set_cipher_list(s.SSL_CTX* context, const char* ciphers)
    int SSL_CTX_set_ciphersuites(s.SSL_CTX* context, const char* suites)
    int SSL_set_ciphersuites(s.SSL* ssl, const char* suites)
    s.SSL_CIPHER_LIST* SSL_CTX_get_ciphers(const s.SSL_CTX* context)
    s.SSL_CIPHER_LIST* sk_SSL_CIPHER_dup(const s.SSL_CIPHER_LIST* ciphers)
    void sk_SSL_CIPHER_free(s.SSL_CIPHER_LIST* ciphers)
    long SSL_CTX_set1_groups(s.SSL_CTX* context, int* nids, long count)
    int SSL_CTX_set0_tmp_dh_pkey(s.SSL_CTX* context, c.EVP_PKEY* parameters)
    const char* brisk_group_name(s.SSL* ssl)
    uint32_t SSL_CIPHER_get_id(const s.SSL_CIPHER* cipher)
    int SSL_CIPHER_get_cipher_nid(const s.SSL_CIPHER* cipher)
    int SSL_CIPHER_get_digest_nid(const s.SSL_CIPHER* cipher)
    char* SSL_CIPHER_description(const s.SSL_CIPHER* cipher, char* text, int size)
    s.SSL_CIPHER_LIST* SSL_get_client_ciphers(const s.SSL* ssl)
    int BIO_eof(c.BIO* bio)
    int BIO_tell(c.BIO* bio)
    int OSSL_KEYMGMT_SELECT_ALL_PARAMETERS
    c.OSSL_DECODER_CTX* OSSL_DECODER_CTX_new_for_pkey(c.EVP_PKEY** key, const char* format,
        const char* structure, const char* kind, int selection, void* library,
        const char* properties)
    void OSSL_DECODER_CTX_free(c.OSSL_DECODER_CTX* decoder)
    int OSSL_DECODER_from_bio(c.OSSL_DECODER_CTX* decoder, c.BIO* bio)
    int EC_curve_nist2nid(const char* name)
    int SSL_CTRL_SET_MIN_PROTO_VERSION
    int SSL_CTRL_SET_MAX_PROTO_VERSION
    int SSL_CTRL_GET_MIN_PROTO_VERSION
    int SSL_CTRL_GET_MAX_PROTO_VERSION
    int SSL_CTRL_SET_GROUPS_LIST
    int SSL_CTRL_SET_SIGALGS_LIST


cdef enum:
    DESCRIPTION = 512   # bytes; more than OpenSSL's longest


cdef list cipher_names(const s.SSL_CIPHER_LIST* ciphers):
    cdef int index
    cdef bytes name
    cdef list names = []
    if ciphers == NULL:
        return names
    for index in range(s.sk_SSL_CIPHER_num(ciphers)):
        name = s.SSL_CIPHER_get_name(s.sk_SSL_CIPHER_value(ciphers, index))
        names.append(name.decode("ascii"))
    return names


cdef object long_name(int nid):
    cdef const char* name = NULL if nid == c.NID_undef else c.OBJ_nid2ln(nid)
    return None if name == NULL else (<bytes>name).decode("ascii")


cdef object words(const char* text):
    return None if text == NULL else (<bytes>text).decode("ascii")


cdef dict description(const s.SSL_CIPHER* cipher):
    """What is to be known of a cipher, as the ``ssl`` module has it."""
    cdef char text[DESCRIPTION]
    cdef int bits = 0
    strength = s.SSL_CIPHER_get_bits(cipher, &bits)
    if SSL_CIPHER_description(cipher, text, DESCRIPTION) == NULL:
        text[0] = 0
    return {
        "id": SSL_CIPHER_get_id(cipher),
        "name": words(s.SSL_CIPHER_get_name(cipher)),
        "protocol": words(s.SSL_CIPHER_get_version(cipher)),
        "description": words(text).removesuffix("\n"),
        "strength_bits": strength,
        "alg_bits": bits,
        "aead": s.SSL_CIPHER_is_aead(cipher) != 0,
        "symmetric": long_name(SSL_CIPHER_get_cipher_nid(cipher)),
        "digest": long_name(SSL_CIPHER_get_digest_nid(cipher)),
        "kea": long_name(s.SSL_CIPHER_get_kx_nid(cipher)),
        "auth": long_name(s.SSL_CIPHER_get_auth_nid(cipher)),
    }


cdef list descriptions(const s.SSL_CIPHER_LIST* ciphers):
    cdef int index
    cdef list found = []
    if ciphers != NULL:
        for index in range(s.sk_SSL_CIPHER_num(ciphers)):
            found.append(description(s.sk_SSL_CIPHER_value(ciphers, index)))
    return found


# ---- ciphers

def describe_ciphers(Context context not None) -> list[dict[str, Any]]:
    context.enter()
    try:
        return descriptions(SSL_CTX_get_ciphers(context.handle))
    finally:
        context.leave()


def get_security_level(Context context not None) -> int:
    return targets.context_number(context, s.SSL_CTX_get_security_level)


def context_get_cipher_list(Context context not None) -> list[str]:
    context.enter()
    try:
        return cipher_names(SSL_CTX_get_ciphers(context.handle))
    finally:
        context.leave()


cdef int refuse_suites(bytes given) except -1:
    """Raise what the queue holds, with the string that was given below it."""
    try:
        errors.fail_ssl("no cipher match")
    except Error as error:
        error.add_note(f"what was given: {given.decode('utf-8', 'replace')[:200]!r}")
        raise


def context_set_cipher_list(Context context not None, bytes ciphers not None) -> None:
    cdef bytes before
    cdef int level
    context.change()
    try:
        before = ":".join(cipher_names(SSL_CTX_get_ciphers(context.handle))).encode()
        level = s.SSL_CTX_get_security_level(context.handle)
        errors.clear()
        if SSL_CTX_set_cipher_list(context.handle, PyBytes_AS_STRING(ciphers)) == 1:
            return
        try:
            refuse_suites(ciphers)
        finally:
            s.SSL_CTX_set_security_level(context.handle, level)
            if SSL_CTX_set_cipher_list(context.handle, PyBytes_AS_STRING(before)) != 1:
                errors.fail_ssl("the previous ciphers cannot be put back")
    finally:
        context.leave()


cdef list connection_ciphers(Connection connection):
    # They may be the Context's, which another thread may replace.
    cdef s.SSL_CIPHER_LIST* copy
    connection.start_reading()
    copy = sk_SSL_CIPHER_dup(s.SSL_get_ciphers(connection.handle))
    connection.stop_reading()
    if copy == NULL:
        raise MemoryError()
    try:
        return cipher_names(copy)
    finally:
        sk_SSL_CIPHER_free(copy)


cdef bint take_ciphers(Connection connection, bytes ciphers) noexcept:
    cdef int result
    connection.start_reading()
    result = s.SSL_set_cipher_list(connection.handle, PyBytes_AS_STRING(ciphers))
    connection.stop_reading()
    return result == 1


def connection_get_cipher_list(Connection connection not None) -> list[str]:
    connection.enter()
    try:
        return connection_ciphers(connection)
    finally:
        connection.leave()


def connection_set_cipher_list(Connection connection not None, bytes ciphers not None) -> None:
    cdef bytes before
    cdef int level
    connection.enter()
    try:
        before = ":".join(connection_ciphers(connection)).encode()
        level = s.SSL_get_security_level(connection.handle)
        errors.clear()
        if take_ciphers(connection, ciphers):
            connection.note_rule("ciphers", ciphers)
            if s.SSL_get_security_level(connection.handle) != level:
                connection.note_rule(
                    "security level", s.SSL_get_security_level(connection.handle))
            return
        try:
            refuse_suites(ciphers)
        finally:
            s.SSL_set_security_level(connection.handle, level)
            if not take_ciphers(connection, before):
                errors.fail_ssl("the previous ciphers cannot be put back")
    finally:
        connection.leave()


def describe_client_ciphers(Connection connection not None) -> list[dict[str, Any]] | None:
    """Names and descriptions of what a client offered, or None where that is not known."""
    cdef s.SSL_CIPHER_LIST* offered
    connection.enter()
    try:
        offered = SSL_get_client_ciphers(connection.handle)
        return None if offered == NULL else descriptions(offered)
    finally:
        connection.leave()


def context_set_ciphersuites(Context context not None, bytes suites not None) -> None:
    context.change()
    try:
        errors.clear()
        if SSL_CTX_set_ciphersuites(context.handle, PyBytes_AS_STRING(suites)) != 1:
            refuse_suites(suites)
    finally:
        context.leave()


def connection_set_ciphersuites(Connection connection not None, bytes suites not None) -> None:
    connection.enter()
    try:
        errors.clear()
        if SSL_set_ciphersuites(connection.handle, PyBytes_AS_STRING(suites)) != 1:
            refuse_suites(suites)
        connection.note_rule("ciphersuites", suites)
    finally:
        connection.leave()


# ---- versions

cdef int set_version(object target, int command, str rule, int version) except -1:
    targets.change(target)
    try:
        targets.require(
            target, command, version, NULL,
            f"the library does not offer protocol version {version}; SSL.TLS1_2_VERSION is one")
        if targets.connection_of(target) != NULL:    # a Context is asked when it is needed
            targets.note_rule(target, rule, version)
        return 0
    finally:
        targets.leave(target)


def set_min_version(target not None, int version) -> None:
    set_version(target, SSL_CTRL_SET_MIN_PROTO_VERSION, "min version", version)


def set_max_version(target not None, int version) -> None:
    set_version(target, SSL_CTRL_SET_MAX_PROTO_VERSION, "max version", version)


def get_min_version(target not None) -> int:
    return targets.ask(target, SSL_CTRL_GET_MIN_PROTO_VERSION)


def get_max_version(target not None) -> int:
    return targets.ask(target, SSL_CTRL_GET_MAX_PROTO_VERSION)


# ---- key exchange and signatures

def has_group_list() -> bool:
    return brisk_has_group_list()


def list_groups(Context context not None, bint all) -> list[str]:
    """The names of the groups that the library knows, as far as the versions allow them."""
    cdef brisk_words* found
    cdef int index
    cdef bytes name
    cdef list names = []
    context.enter()
    try:
        errors.clear()
        found = brisk_implemented_groups(context.handle, all)
        if found == NULL:
            errors.fail_ssl("the groups cannot be listed")
        try:
            for index in range(sk_OPENSSL_CSTRING_num(found)):
                name = <bytes>sk_OPENSSL_CSTRING_value(found, index)
                names.append(name.decode("ascii", "replace"))
            return names
        finally:
            sk_OPENSSL_CSTRING_free(found)
    finally:
        context.leave()


def set_tmp_ecdh(Context context not None, bytes curve not None) -> None:
    cdef int nid = c.OBJ_txt2nid(PyBytes_AS_STRING(curve))
    if nid == c.NID_undef:
        nid = EC_curve_nist2nid(PyBytes_AS_STRING(curve))
    context.change()
    try:
        errors.clear()
        if nid == c.NID_undef or SSL_CTX_set1_groups(context.handle, &nid, 1) != 1:
            errors.fail_ssl(f"unsupported elliptic curve: {curve.decode('ascii', 'replace')}")
        context.note_rule("groups", <bytes>c.OBJ_nid2sn(nid))
    finally:
        context.leave()


cdef c.EVP_PKEY* read_dh(c.BIO* file) noexcept nogil:
    """The first DH parameters in a PEM file, past whatever else it holds; NULL for none."""
    cdef c.EVP_PKEY* found = NULL
    cdef c.OSSL_DECODER_CTX* decoder = OSSL_DECODER_CTX_new_for_pkey(
        &found, b"PEM", NULL, NULL, OSSL_KEYMGMT_SELECT_ALL_PARAMETERS, NULL, NULL)
    cdef int position = -1
    cdef int here
    while decoder != NULL:
        if OSSL_DECODER_from_bio(decoder, file) == 1 and found != NULL:
            if c.EVP_PKEY_is_a(found, b"DH") == 1 or c.EVP_PKEY_is_a(found, b"DHX") == 1:
                break
            release_key(found)
            found = NULL
        here = BIO_tell(file)
        if BIO_eof(file) or here <= position:
            break
        position = here
    OSSL_DECODER_CTX_free(decoder)
    return found


cdef PKey parameters_from(bytes path):
    cdef Memory file
    cdef c.EVP_PKEY* parameters
    errors.clear()
    file = memory.opened(path)
    if file is None:
        errors.fail_ssl("the file cannot be opened")
    with nogil:
        parameters = read_dh(file.bio)
    if parameters == NULL:
        errors.fail_ssl("there are no DH parameters in this file")
    return wrap_key(parameters)


def load_tmp_dh(Context context not None, bytes path not None) -> None:
    cdef PKey parameters = parameters_from(path)
    cdef c.EVP_PKEY* shared
    context.change()
    try:
        shared = parameters.share()
        errors.clear()
        if SSL_CTX_set0_tmp_dh_pkey(context.handle, shared) != 1:
            release_key(shared)
            errors.fail_ssl("OpenSSL refused these DH parameters")
    finally:
        context.leave()


cdef int set_list(
    object target, int command, str rule, bytes names, str refusal,
) except -1:
    targets.change(target)
    try:
        targets.require(target, command, 0, PyBytes_AS_STRING(names), refusal)
        return targets.note_rule(target, rule, names)
    finally:
        targets.leave(target)


cdef str unknown_among(list names, int command):
    """Those that libssl does not take even alone, or None: it says no names from 3.5 on."""
    cdef list unknown = []
    cdef Context scratch = Context(SSLv23_METHOD)
    for each in names:
        name = each.lstrip(b"*?-")      # signs of a list of groups
        if targets.control(scratch, command, 0, PyBytes_AS_STRING(name)) != 1:
            unknown.append(name.decode("utf-8", "replace"))
    errors.clear()
    return ", ".join(unknown) or None


cdef int refuse_list(object error, str words, list names, int command) except -1:
    """Raise the error of a list, with the names that are unknown if it has only `words`."""
    if error.args != ([("SSL routines", "", words)],):
        raise error
    unknown = unknown_among(names, command)
    if unknown is None:
        raise error
    raise Error([("SSL routines", "", f"{words}: {unknown}")]) from None


def set_groups_list(target not None, bytes groups not None) -> None:
    cdef str words = "the list holds a group that is unknown, or one twice"
    try:
        set_list(target, SSL_CTRL_SET_GROUPS_LIST, "groups", groups, words)
    except Error as error:
        refuse_list(
            error, words, groups.replace(b"/", b":").split(b":"), SSL_CTRL_SET_GROUPS_LIST)


def set_sigalgs_list(target not None, bytes algorithms not None) -> None:
    cdef str words = "the list holds a signature algorithm that is unknown, or one twice"
    try:
        set_list(target, SSL_CTRL_SET_SIGALGS_LIST, "signature algorithms", algorithms, words)
    except Error as error:
        refuse_list(error, words, algorithms.split(b":"), SSL_CTRL_SET_SIGALGS_LIST)


def get_group_name(Connection connection not None) -> str | None:
    cdef const char* name
    connection.enter()
    try:
        name = brisk_group_name(connection.handle)
        return None if name == NULL else (<bytes>name).decode("ascii")
    finally:
        connection.leave()
