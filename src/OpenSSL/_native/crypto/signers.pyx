"""Signers: keys whose private half is elsewhere, and whose signatures a function makes.

Theory.  The key of libcrypto belongs to a provider of our own (``signer_provider.h``).  It holds
a Link, and that leads to the Signer by a weak reference only: the PKey, the Context and the
Connection keep it, where the collector sees them, because the function may lead back to them.
libcrypto asks for a signature without an SSL (provider-signature(7)).  So the call that may come
to sign says so before (``run_for`` in ``carrier``), and raises what the function has raised; in a
call that could not, nobody is asked.  What the function returns is verified with the public key
before anybody sees it.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.ref cimport Py_DECREF, Py_INCREF
from cpython.weakref cimport PyWeakref_NewRef
from libc.string cimport memcpy

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
from OpenSSL._native.common.hooks cimport (
    ON_SIGN, Carrier, Hooks, Scope, enter_hook, leave_hook, running, settled,
)

cdef extern from "signer_provider.h" nogil:
    ctypedef struct brisk_wish:
        void* link
        c.EVP_PKEY* pub
        const char* digest
        int padding
        int salt
    ctypedef int brisk_sign_hook(
        const brisk_wish* wish, const unsigned char* message, size_t size,
        unsigned char* signature, size_t* length, size_t room) noexcept
    ctypedef void brisk_drop_hook(void* link) noexcept
    int RSA_PKCS1_PADDING
    int RSA_PKCS1_PSS_PADDING
    int brisk_signers_open(brisk_sign_hook* sign, brisk_drop_hook* drop)
    c.EVP_PKEY* brisk_signer_new(c.EVP_PKEY* pub, void* link)
    void* brisk_signer_link(c.EVP_PKEY* key)
    c.EVP_PKEY* brisk_signer_public(c.EVP_PKEY* key)
    int brisk_fits(
        const brisk_wish* wish, const unsigned char* message, size_t size,
        const unsigned char* signature, size_t length)
    bint brisk_der_of_pair(const unsigned char* pair, size_t size, unsigned char** der, int* length)

cdef enum:
    LONGEST_PAIR = 1024     # bytes of ECDSA's two numbers: no curve comes near

cdef object algorithm = None


def set_algorithm(type kind not None) -> None:
    """Say what functions are told of the signature they are to make."""
    global algorithm
    algorithm = kind


cdef class Link:
    pass


cdef class Signer:
    """The owner of a function that signs.

    EVP_PKEY_fromdata(3)
    """

    def __init__(self, function not None):
        self.function = function
        self.link = Link.__new__(Link)
        self.link.signer = PyWeakref_NewRef(self, None)


cdef class Opening:
    """The provider is made by one thread."""

    @cython.critical_section
    cdef int open(self) except -1:
        errors.clear()
        if not brisk_signers_open(on_sign, on_unused):
            errors.fail_crypto("no memory for keys that live elsewhere")
        return 0

cdef Opening opening = Opening()


cdef c.EVP_PKEY* make_signing(c.EVP_PKEY* public, Signer signer) except NULL:
    cdef c.EVP_PKEY* made
    opening.open()
    errors.clear()
    if c.EVP_PKEY_up_ref(public) != 1:
        errors.fail_crypto("the key cannot be shared")
    Py_INCREF(signer.link)
    made = brisk_signer_new(public, <void*>signer.link)     # takes both
    if made == NULL:
        errors.fail_crypto("a key of this kind cannot sign elsewhere")
    signer.decrypts = c.EVP_PKEY_is_a(made, b"RSA") == 1
    return made


cdef Signer signer_of(c.EVP_PKEY* key):
    cdef void* link = brisk_signer_link(key)
    return None if link == NULL else (<Link>link).signer()


cdef c.EVP_PKEY* public_of(c.EVP_PKEY* key):
    cdef c.EVP_PKEY* half = brisk_signer_public(key)
    return key if half == NULL else half


cdef Hooks keeping(Hooks hooks, c.EVP_PKEY* key):
    cdef Signer signer = signer_of(key)
    cdef Signer each
    cdef list kept = []
    if signer is None:
        return hooks
    for each in hooks.get(ON_SIGN) or ():
        # One whose key was replaced everywhere is not needed any more.
        if each is not signer and not each.link.unused:
            kept.append(each)
    kept.append(signer)
    return hooks.changed(ON_SIGN, tuple(kept))


cdef bint some_decrypt(tuple signers) noexcept:
    cdef Signer each
    if signers is None:
        return False
    for each in signers:
        if each.decrypts and not each.link.unused:
            return True
    return False


# ---- a signature

cdef object text(const char* words):
    return None if words == NULL else (<bytes>words).decode("ascii")


cdef object describe(const brisk_wish* wish):
    """What is to be made, in the words of the face."""
    cdef char[64] curve
    cdef size_t size = 0
    cdef bint pss = wish.padding == RSA_PKCS1_PSS_PADDING
    curve[0] = 0
    if c.EVP_PKEY_is_a(wish.pub, b"EC") == 1:
        if c.EVP_PKEY_get_group_name(wish.pub, curve, sizeof(curve), &size) != 1:
            curve[0] = 0    # a curve without a name
    return algorithm(
        text(c.EVP_PKEY_get0_type_name(wish.pub)),
        "pss" if pss else "pkcs1" if wish.padding == RSA_PKCS1_PADDING else None,
        text(wish.digest),
        wish.salt if pss else None,
        text(curve) or None)


cdef bytes fitting(const brisk_wish* wish, const unsigned char* message, size_t size, bytes given):
    """The signature in the form that is sent, if the public key verifies it; else None."""
    cdef const unsigned char* data = <const unsigned char*>PyBytes_AS_STRING(given)
    cdef size_t length = PyBytes_GET_SIZE(given)
    cdef unsigned char* der = NULL
    cdef int der_length = 0
    cdef int good
    with nogil:
        good = brisk_fits(wish, message, size, data, length)
    if good < 0:
        raise MemoryError("the signature cannot be verified")
    if good:
        return given
    if c.EVP_PKEY_is_a(wish.pub, b"EC") != 1 or not 0 < length <= LONGEST_PAIR or length % 2:
        return None
    # Two numbers of equal size, as PKCS #11, Azure and JOSE have them.
    if not brisk_der_of_pair(data, length, &der, &der_length):
        raise MemoryError("the signature cannot be converted")
    converted = PyBytes_FromStringAndSize(<char*>der, der_length)
    c.OPENSSL_free(der)
    data = <const unsigned char*>PyBytes_AS_STRING(converted)
    length = PyBytes_GET_SIZE(converted)
    with nogil:
        good = brisk_fits(wish, message, size, data, length)
    return converted if good == 1 else None


cdef bytes ask(Link link, const brisk_wish* wish, const unsigned char* message, size_t size):
    cdef Signer signer = link.signer()
    cdef bytes given
    if signer is None or signer.function is None:
        raise ValueError("the function of this key is gone")
    answer = settled(
        signer.function(
            describe(wish), PyBytes_FromStringAndSize(<const char*>message, size)),
        "the function of a key")
    if not isinstance(answer, (bytes, bytearray, memoryview)):
        raise TypeError(
            f"the function of a key must return bytes, not {type(answer).__name__}")
    given = fitting(wish, message, size, bytes(answer))
    if given is None:
        raise ValueError(
            "the function of a key returned a signature that its public key does not verify")
    return given


cdef int on_sign(
    const brisk_wish* wish, const unsigned char* message, size_t size,
    unsigned char* signature, size_t* length, size_t room,
) noexcept with gil:
    cdef Scope scope
    cdef int answer = 0
    cdef bytes made
    cdef Carrier carrier = running()
    # Where nobody could raise what the function raises, or a hook has failed already, nobody asks.
    if carrier is None or carrier.failure is not None:
        return 0
    if not enter_hook(&scope, carrier):
        return 0
    try:
        made = ask(<Link>wish.link, wish, message, size)
        if <size_t>PyBytes_GET_SIZE(made) > room:
            raise ValueError("the function of a key returned too long a signature")
        memcpy(signature, PyBytes_AS_STRING(made), PyBytes_GET_SIZE(made))
        length[0] = PyBytes_GET_SIZE(made)
        answer = 1
    except BaseException as error:
        carrier.keep(error)
    leave_hook(&scope, carrier)
    return answer


cdef void on_unused(void* link) noexcept with gil:
    """A key has been given up: what it had of its signer runs nothing as it goes."""
    (<Link>link).unused = True
    Py_DECREF(<Link>link)
