"""``PKey`` owns an EVP_PKEY: private and public keys, their making and their files."""

cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.memory as memory
cimport OpenSSL._native.common.passphrases as passphrases
cimport OpenSSL._native.crypto.algorithms as algorithms
cimport OpenSSL._native.crypto.signers as signers
from OpenSSL._native.common.owners cimport Owner, wrap

from OpenSSL._exceptions import CryptoError

cdef extern from "<openssl/provider.h>" nogil:
    ctypedef struct OSSL_PROVIDER:
        pass
    const char* OSSL_PROVIDER_get0_name(const OSSL_PROVIDER* provider)

cdef extern from "compat.h" nogil:
    const OSSL_PROVIDER* EVP_PKEY_get0_provider(const c.EVP_PKEY* key)
    void OPENSSL_clear_free(void* data, size_t size)
    c.EVP_PKEY* EVP_PKEY_new()
    void EVP_PKEY_free(c.EVP_PKEY* key)
    int EVP_PKEY_get_id(const c.EVP_PKEY* key)
    int EVP_PKEY_print_private(c.BIO* out, const c.EVP_PKEY* key, int indent, void* context)
    c.EVP_PKEY_CTX* EVP_PKEY_CTX_new_from_name(void* library, const char* name, const char* query)
    c.EVP_PKEY_CTX* EVP_PKEY_CTX_new_from_pkey(void* library, c.EVP_PKEY* key, const char* query)
    void EVP_PKEY_CTX_free(c.EVP_PKEY_CTX* context)
    int EVP_PKEY_CTX_set_group_name(c.EVP_PKEY_CTX* context, const char* name)
    int EVP_PKEY_keygen_init(c.EVP_PKEY_CTX* context)
    int EVP_PKEY_paramgen_init(c.EVP_PKEY_CTX* context)
    int EVP_PKEY_generate(c.EVP_PKEY_CTX* context, c.EVP_PKEY** key)
    int EVP_PKEY_check(c.EVP_PKEY_CTX* context)
    int EVP_PKEY_CTX_set_rsa_keygen_bits(c.EVP_PKEY_CTX* context, int bits)
    int EVP_PKEY_CTX_set_dsa_paramgen_bits(c.EVP_PKEY_CTX* context, int bits)
    int EVP_PKEY_CTX_set_dsa_paramgen_q_bits(c.EVP_PKEY_CTX* context, int bits)
    int EVP_PKEY_CTX_set_dsa_paramgen_type(c.EVP_PKEY_CTX* context, const char* name)
    c.EVP_PKEY* PEM_read_bio_PrivateKey(c.BIO* bio, c.EVP_PKEY** into, c.pem_password_cb* hook,
        void* data)
    int PEM_write_bio_PrivateKey(c.BIO* bio, const c.EVP_PKEY* key, const c.EVP_CIPHER* cipher,
        const unsigned char* phrase, int size, c.pem_password_cb* hook, void* data)
    c.EVP_PKEY* PEM_read_bio_PUBKEY(c.BIO* bio, c.EVP_PKEY** into, c.pem_password_cb* hook,
        void* data)
    int PEM_write_bio_PUBKEY(c.BIO* bio, c.EVP_PKEY* key)
    c.EVP_PKEY* d2i_PrivateKey_bio(c.BIO* bio, c.EVP_PKEY** into)
    int i2d_PrivateKey(const c.EVP_PKEY* key, unsigned char** out)
    c.EVP_PKEY* d2i_PUBKEY_bio(c.BIO* bio, c.EVP_PKEY** into)

cdef void free(void* handle) noexcept nogil:
    EVP_PKEY_free(<c.EVP_PKEY*>handle)


cdef class PKey(Owner):
    """The owner of a key."""

    def __init__(self):
        if self.begins():
            self.begin(EVP_PKEY_new(), "a key")

    def __dealloc__(self):
        free(self.handle)

    cdef c.EVP_PKEY* held(self) except NULL:
        return <c.EVP_PKEY*>self.some("PKey")

    @cython.critical_section
    cdef c.EVP_PKEY* share(self) except NULL:
        cdef c.EVP_PKEY* key = self.held()
        errors.clear()
        if c.EVP_PKEY_up_ref(key) != 1:
            errors.fail_crypto("the key cannot be shared")
        return key

    @cython.critical_section
    cdef c.EVP_PKEY* share_public(self) except NULL:
        cdef c.EVP_PKEY* key = signers.public_of(self.held())
        errors.clear()
        if c.EVP_PKEY_up_ref(key) != 1:
            errors.fail_crypto("the key cannot be shared")
        return key


cdef void release_key(c.EVP_PKEY* key) noexcept nogil:
    EVP_PKEY_free(key)


cdef object wrap_key(c.EVP_PKEY* taken):
    cdef PKey made = wrap(PKey, taken, free)
    made.initialized = True
    made.signer = signers.signer_of(taken)
    return made


cdef object wrap_public_key(c.EVP_PKEY* taken):
    cdef PKey made = wrap_key(taken)
    made.only_public = True
    return made


# ---- what a key is

@cython.critical_section
def get_type(PKey key not None) -> int:
    return EVP_PKEY_get_id(key.held())


@cython.critical_section
def get_bits(PKey key not None) -> int:
    cdef int bits
    errors.clear()
    bits = c.EVP_PKEY_get_bits(key.held())
    if bits <= 0 and c.EVP_PKEY_get0_type_name(key.held()) != NULL:
        # It had no memory to measure the key as it read it, and remembers 0.
        errors.fail_crypto("the size of the key is not known")
    return max(bits, 0)


@cython.critical_section
def get_type_name(PKey key not None) -> str | None:
    cdef const char* name = c.EVP_PKEY_get0_type_name(key.held())
    return None if name == NULL else (<bytes>name).decode("ascii")


def check(PKey key not None) -> bool:
    """Check the arithmetic of a private key; the slow part runs without the interpreter."""
    cdef c.EVP_PKEY* shared
    cdef c.EVP_PKEY_CTX* context
    cdef int good
    check_here(key)
    shared = key.share()
    errors.clear()
    context = EVP_PKEY_CTX_new_from_pkey(NULL, shared, NULL)
    if context == NULL:
        EVP_PKEY_free(shared)
        errors.fail_crypto("this key cannot be checked")
    with nogil:
        good = EVP_PKEY_check(context)
        EVP_PKEY_CTX_free(context)
        EVP_PKEY_free(shared)
    if good != 1:
        errors.fail_crypto("the key is not consistent")
    return True


# ---- making keys

cdef c.EVP_PKEY* make_rsa(int bits) noexcept nogil:
    cdef c.EVP_PKEY* made = NULL
    cdef c.EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL)
    if (
        context == NULL
        or EVP_PKEY_keygen_init(context) != 1
        or EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits) != 1
        or EVP_PKEY_generate(context, &made) != 1
    ):
        made = NULL
    EVP_PKEY_CTX_free(context)
    return made


cdef const char* dsa_standard(int bits) noexcept nogil:
    # Below 2048 bits only the older standard has an answer.
    return "fips186_2" if bits < 2048 else "fips186_4"


cdef c.EVP_PKEY* make_dsa_parameters(int bits) noexcept nogil:
    cdef c.EVP_PKEY* made = NULL
    cdef c.EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL)
    if (
        context == NULL
        or EVP_PKEY_paramgen_init(context) != 1
        or EVP_PKEY_CTX_set_dsa_paramgen_type(context, dsa_standard(bits)) != 1
        or EVP_PKEY_CTX_set_dsa_paramgen_bits(context, bits) != 1
        or EVP_PKEY_CTX_set_dsa_paramgen_q_bits(context, 160 if bits < 2048 else 256) != 1
        or EVP_PKEY_generate(context, &made) != 1
    ):
        made = NULL
    EVP_PKEY_CTX_free(context)
    return made


cdef c.EVP_PKEY* make_dsa(int bits) noexcept nogil:
    cdef c.EVP_PKEY* made = NULL
    cdef c.EVP_PKEY* parameters = make_dsa_parameters(bits)
    cdef c.EVP_PKEY_CTX* context
    if parameters == NULL:
        return NULL
    context = EVP_PKEY_CTX_new_from_pkey(NULL, parameters, NULL)
    if (
        context == NULL
        or EVP_PKEY_keygen_init(context) != 1
        # Also here, or small parameters are judged by the newer standard.
        or EVP_PKEY_CTX_set_dsa_paramgen_type(context, dsa_standard(bits)) != 1
        or EVP_PKEY_generate(context, &made) != 1
    ):
        made = NULL
    EVP_PKEY_CTX_free(context)
    EVP_PKEY_free(parameters)
    return made


def generate(PKey key not None, bint dsa, int bits) -> None:
    """Replace what ``key`` holds by a new pair; an unlucky call leaves it as it was."""
    cdef c.EVP_PKEY* made
    key.held()
    errors.clear()
    with nogil:
        made = make_dsa(bits) if dsa else make_rsa(bits)
    if made == NULL:
        errors.fail_crypto("no such key can be made")
    exchange(key, made)


cdef c.EVP_PKEY* make_named(const char* name, const char* group) noexcept nogil:
    cdef c.EVP_PKEY* made = NULL
    cdef c.EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(NULL, name, NULL)
    if (
        context == NULL
        or EVP_PKEY_keygen_init(context) != 1
        or group != NULL and EVP_PKEY_CTX_set_group_name(context, group) != 1
        or EVP_PKEY_generate(context, &made) != 1
    ):
        made = NULL
    EVP_PKEY_CTX_free(context)
    return made


def knows(bytes name not None) -> bool:
    """Whether the library has a kind of key."""
    cdef c.EVP_PKEY_CTX* context
    errors.clear()
    context = EVP_PKEY_CTX_new_from_name(NULL, name, NULL)
    EVP_PKEY_CTX_free(context)
    errors.clear()
    return context != NULL


def generate_named(PKey key not None, bytes name not None, bytes group) -> None:
    """The same as ``generate``, of a kind and, for elliptic curves, a group by name."""
    cdef c.EVP_PKEY* made
    cdef const char* kind = name
    cdef const char* curve = NULL if group is None else <const char*>group
    key.held()
    errors.clear()
    with nogil:
        made = make_named(kind, curve)
    if made == NULL:
        errors.fail_crypto("no such key can be made")
    exchange(key, made)


@cython.critical_section
cdef int exchange(PKey key, c.EVP_PKEY* made) except -1:
    cdef void* old = key.handle
    cdef object _signer = key.signer    # what it refers to may have a finaliser: that runs last
    key.handle = made
    key.signer = None
    key.initialized = True
    key.only_public = False
    free(old)
    return 0


# ---- keys that live elsewhere

def from_signer(PKey public not None, function not None: Callable[[Any, bytes], bytes]) -> Any:
    """A key with the public half of another one, and a function that signs for it."""
    cdef signers.Signer signer = signers.Signer(function)
    cdef c.EVP_PKEY* half = public.share()
    cdef c.EVP_PKEY* made
    try:
        made = signers.make_signing(half, signer)
    finally:
        EVP_PKEY_free(half)
    return wrap_key(made)


cdef int check_here(PKey key) except -1:
    if key.signer is not None:
        raise CryptoError([(
            "", "", "the private key cannot be exported: it is elsewhere, and a function signs")])
    return 0


cdef int check_provider(PKey key) except -1:
    """Say why a key could not be written that a provider keeps, as that of a token does."""
    cdef c.EVP_PKEY* shared = key.share()
    cdef const OSSL_PROVIDER* provider = EVP_PKEY_get0_provider(shared)
    cdef bytes name
    try:
        name = b"" if provider == NULL else <bytes>OSSL_PROVIDER_get0_name(provider)
    finally:
        EVP_PKEY_free(shared)
    if name not in (b"", b"default", b"base", b"fips", b"legacy"):
        errors.clear()
        raise CryptoError([(
            "", "", f"the private key cannot be exported: the provider {name.decode()} keeps it")])
    return 0


# ---- files

def load_private(bytes data not None, bint pem, passphrases.Passphrase phrase) -> Any:
    cdef memory.Memory source = memory.reading(data)
    cdef c.EVP_PKEY* loaded
    cdef void* asked = NULL
    if phrase is not None:
        asked = <void*>phrase
    errors.clear()
    if pem:
        with nogil:  # deriving a key from a passphrase is slow on purpose
            loaded = PEM_read_bio_PrivateKey(
                source.bio, NULL, passphrases.on_passphrase, asked)
    else:
        loaded = d2i_PrivateKey_bio(source.bio, NULL)
    if phrase is not None and phrase.failure is not None:
        EVP_PKEY_free(loaded)
        phrase.raise_kept()
    if loaded == NULL:
        errors.fail_crypto("not a private key")
    return wrap_key(loaded)


def load_public(bytes data not None, bint pem) -> Any:
    cdef memory.Memory source = memory.reading(data)
    cdef c.EVP_PKEY* loaded
    errors.clear()
    if pem:
        loaded = PEM_read_bio_PUBKEY(source.bio, NULL, passphrases.on_passphrase, NULL)
    else:
        loaded = d2i_PUBKEY_bio(source.bio, NULL)
    if loaded == NULL:
        errors.fail_crypto("not a public key")
    return wrap_public_key(loaded)


def check_cipher(name not None: str) -> None:
    """Raise ValueError when OpenSSL knows no cipher of this name."""
    algorithms.find_cipher(name)


def dump_private_pem(PKey key not None, cipher: str | None, passphrases.Passphrase phrase) -> bytes:
    """PEM, encrypted when ``cipher`` names one; the phrase may be a Python callable."""
    cdef memory.Memory out = memory.writing()
    cdef const c.EVP_CIPHER* chosen = NULL
    cdef c.EVP_PKEY* shared
    cdef void* asked = <void*>phrase
    cdef c.pem_password_cb* hook = passphrases.on_passphrase
    cdef int good
    check_here(key)
    if phrase is None:
        asked = NULL
        hook = NULL
    if cipher is not None:
        chosen = algorithms.find_cipher(cipher)
    shared = key.share()
    errors.clear()
    with nogil:
        good = PEM_write_bio_PrivateKey(out.bio, shared, chosen, NULL, 0, hook, asked)
        EVP_PKEY_free(shared)
    if phrase is not None:
        phrase.raise_kept()
    if good != 1:
        check_provider(key)
        errors.fail_crypto("the key cannot be written")
    return out.written()


ctypedef int (*encoder)(const c.EVP_PKEY*, unsigned char**) noexcept nogil


cdef bytes encoded(c.EVP_PKEY* key, encoder encode):
    # Where OpenSSL has no memory for a key's own form it writes PKCS #8, which is longer, and
    # says nothing (i2d_provided, 3.0 to 4.0).  i2d_PrivateKey_bio() makes room for the one and
    # may get the other, and i2d_PUBKEY_bio() gives out the room it made when nothing was written
    # into it.
    cdef unsigned char* out = NULL
    cdef int expected, size
    errors.clear()
    expected = encode(key, NULL)
    size = encode(key, &out)
    try:
        if size <= 0 or size != expected:
            errors.fail_crypto("the key cannot be written")
        return PyBytes_FromStringAndSize(<char*>out, size)
    finally:
        if out != NULL:
            OPENSSL_clear_free(out, max(size, 0))


@cython.critical_section
def dump_private_der(PKey key not None) -> bytes:
    check_here(key)
    try:
        return encoded(key.held(), i2d_PrivateKey)
    except CryptoError:
        check_provider(key)
        raise


@cython.critical_section
def dump_private_text(PKey key not None) -> bytes:
    cdef memory.Memory out = memory.writing()
    check_here(key)
    errors.clear()
    if EVP_PKEY_print_private(out.bio, key.held(), 0, NULL) != 1:
        errors.fail_crypto("the key cannot be printed")
    return out.written()


@cython.critical_section
def dump_public(PKey key not None, bint pem) -> bytes:
    cdef memory.Memory out
    if not pem:
        return encoded(key.held(), c.i2d_PUBKEY)
    out = memory.writing()
    errors.clear()
    if PEM_write_bio_PUBKEY(out.bio, key.held()) != 1:
        errors.fail_crypto("the key cannot be written")
    return out.written()
