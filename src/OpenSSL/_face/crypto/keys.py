"""``PKey`` and the loading and dumping of keys."""

from __future__ import annotations

from OpenSSL._exceptions import CryptoError
from OpenSSL._face.common import filetypes, foreign
from OpenSSL._face.common.arguments import explained, function, unlike, without_nul
from OpenSSL._face.common.showing import shown
from OpenSSL._face.crypto.signers import SigningAlgorithm
from OpenSSL._native.common import owners, passphrases
from OpenSSL._native.common.constants import TYPE_DH, TYPE_DSA, TYPE_EC, TYPE_RSA
from OpenSSL._native.crypto import certificate_fields, certificates, signers, uris
from OpenSSL._native.crypto import keys as native

#: Curves by their size; the first is for those who do not say.
_CURVES: dict[int | str | None, str] = {None: "P-256", 256: "P-256", 384: "P-384", 521: "P-521"}
#: Kinds of keys, by how their names begin, that came after OpenSSL 3.0.
_SINCE = {"ML-DSA": "3.5", "ML-KEM": "3.5", "SLH-DSA": "3.5"}

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn, TypeAlias, overload

    from OpenSSL._face.crypto.signers import SignFunction

    PassphraseSource: TypeAlias = bytes | Callable[[bool], bytes]
else:

    def overload(one: object) -> object:
        """Keep nothing: the real one is slow to load, and says nothing to a running program."""
        return one


__all__ = [
    "TYPE_DH",
    "TYPE_DSA",
    "TYPE_EC",
    "TYPE_RSA",
    "PKey",
    "dump_privatekey",
    "dump_publickey",
    "load_privatekey",
    "load_publickey",
    "private_key",
]


class PKey(native.PKey):
    """A private key with its public half, or a public key alone.

    A new one is empty: :meth:`generate_key` fills it, and the ``load_``
    functions and :meth:`from_cryptography_key` make full ones.
    """

    __module__ = "OpenSSL.crypto"

    def __init__(self) -> None:
        super().__init__()

    def __repr__(self) -> str:
        return shown(self, self._told)

    def _told(self) -> list[str]:
        if not self.initialized:
            return ["empty"]
        half = "public" if self.only_public else "private"
        return [str(self.type_name()), f"{self.bits()} bits", half]

    def __reduce__(self) -> NoReturn:
        raise TypeError("a PKey cannot be copied or pickled; store what dump_privatekey() returns")

    @property
    def _only_public(self) -> bool:
        return self.only_public

    @property
    def _initialized(self) -> bool:
        return self.initialized

    @property
    def _pkey(self) -> PKey:
        return self

    @overload
    def generate_key(self, type: int, bits: int) -> None: ...
    @overload
    def generate_key(self, type: str, bits: int | str | None = None) -> None: ...
    def generate_key(self, type: int | str, bits: int | str | None = None) -> None:
        """Make a new pair in place: ``TYPE_RSA`` or ``TYPE_DSA`` of that many bits, or by name.

        Names are OpenSSL's: ``"EC"``, with that of a curve or its size in place of the bits,
        ``"P-256"`` unless told otherwise; ``"ED25519"``, ``"ED448"``, ``"X25519"``,
        ``"ML-DSA-65"`` and so on, without; ``"RSA"`` and ``"DSA"``.

        Raises TypeError when an argument is of another kind, ValueError when ``bits`` is
        not positive, Error for another type, curve or size that OpenSSL refuses; the key
        then stays what it was. NotImplementedError names the version of OpenSSL that a kind
        needs. Other threads run meanwhile.

        ``EVP_PKEY_generate(3)``
        """
        if isinstance(type, str):
            self._generate_named(type, bits)
            return
        if not isinstance(type, int):
            raise TypeError("type must be an integer")
        if not isinstance(bits, int):
            raise TypeError("bits must be an integer")
        if type not in (TYPE_RSA, TYPE_DSA):
            raise CryptoError("No such key type")
        if not 0 < bits < 2**31:
            raise ValueError("Invalid number of bits")
        native.generate(self, type == TYPE_DSA, bits)

    def _generate_named(self, kind: str, bits: int | str | None) -> None:
        name = kind.upper()
        if name in ("RSA", "DSA"):
            self.generate_key(TYPE_RSA if name == "RSA" else TYPE_DSA, bits)  # type: ignore[arg-type]  # it looks
            return
        group = None
        if name == "EC":
            curve = _CURVES.get(bits, bits)
            if not isinstance(curve, str):
                raise ValueError("a curve is a name, or 256, 384 or 521")
            group = without_nul("bits", curve.encode())
        elif isinstance(bits, str):
            raise TypeError("bits must be an integer")
        elif bits is not None:
            raise ValueError(f"a key of the kind {kind} has no sizes")
        spelled = without_nul("type", kind.encode())
        if not native.knows(spelled):
            for start, version in _SINCE.items():
                if name.startswith(start):
                    raise NotImplementedError(f"{kind} needs OpenSSL {version}")
            raise CryptoError("No such key type")
        native.generate_named(self, spelled, group)

    def check(self) -> bool:
        """Return True when the numbers of an RSA private key fit together.

        Raises Error when they do not, TypeError for a public key or another type.

        ``EVP_PKEY_check(3)``
        """
        if self.only_public:
            raise TypeError("public key only")
        if self.type() != TYPE_RSA:
            raise TypeError("Only RSA keys can currently be checked.")
        return native.check(self)

    def type(self) -> int:
        """The kind of the key as one of ``TYPE_*``; 0 when empty, -1 when it has no number.

        ``EVP_PKEY_get_id(3)``
        """
        return native.get_type(self)

    def type_name(self) -> str | None:
        """OpenSSL's name for the kind of the key, as ``"ED25519"``; None when empty.

        ``EVP_PKEY_get0_type_name(3)``
        """
        return native.get_type_name(self)

    def bits(self) -> int:
        """The size of the key in bits; 0 when empty.

        ``EVP_PKEY_get_bits(3)``
        """
        return native.get_bits(self)

    def to_cryptography_key(self) -> Any:
        """The same key as an object of the ``cryptography`` package.

        Raises ImportError, saying what to install, when that is absent.

        ``i2d_PrivateKey(3)``, ``i2d_PUBKEY(3)``
        """
        forms = foreign.needed("cryptography.hazmat.primitives.serialization")
        if self.only_public:
            return forms.load_der_public_key(native.dump_public(self, False))
        return forms.load_der_private_key(native.dump_private_der(self), password=None)

    @classmethod
    def from_cryptography_key(cls, crypto_key: Any) -> PKey:
        """Make a key of one that the ``cryptography`` package holds.

        A private key that cannot be exported, as of a token or a cloud service, signs by its own
        ``sign``, as if it were given to :meth:`from_signer`.

        Raises TypeError if it is not a key that can sign or verify.

        ``d2i_AutoPrivateKey(3)``, ``d2i_PUBKEY(3)``
        """
        if foreign.is_public_key(crypto_key):
            made: PKey = native.load_public(foreign.public_key_der(crypto_key), False)
            return made
        if foreign.is_private_key(crypto_key):
            return private_key(crypto_key)
        raise TypeError("Unsupported key type")

    @classmethod
    def from_uri(cls, uri: str, passphrase: PassphraseSource | str | None = None) -> PKey:
        """Load the private key that a URI names, as ``"pkcs11:token=brisk;object=server"``.

        OpenSSL itself knows ``file:``; other schemes belong to providers, which its
        configuration has to name, and a key of theirs stays where it is. ``passphrase`` is
        as for :func:`load_privatekey`, or text; for a token it is the PIN. OpenSSL itself never
        prompts.

        Raises Error when nothing can be loaded from there, or there is not exactly one private
        key, however often that is shown; TypeError if ``uri`` is not text, ValueError for a NUL
        character.

        ``OSSL_STORE_open_ex(3)``
        """
        if not isinstance(uri, str):
            raise TypeError(f"uri must be text, not {type(uri).__name__}")
        if isinstance(passphrase, str):
            passphrase = passphrase.encode()
        phrase = None if passphrase is None else passphrases.Passphrase(passphrase)
        place = without_nul("uri", uri.encode())
        try:
            found, _ = uris.load(place, phrase)
            found = _different(found)
            if len(found) != 1:
                raise CryptoError(f"there are {len(found) or 'no'} private keys at this URI")
        except CryptoError as error:
            from OpenSSL._face.common.contents import of_uris  # loaded when it is needed

            of_uris(error, place)
            raise
        made: PKey = found[0]
        return made

    @classmethod
    def from_signer(cls, public_key: Any, sign: SignFunction) -> PKey:
        """Make a key of a public one and a function that signs; the private half is elsewhere.

        ``public_key`` is a PKey, an X509 with such a key, or a public key or certificate of
        ``cryptography``: RSA, RSA-PSS, EC, Ed25519 or Ed448, and from OpenSSL 3.5 on ML-DSA.
        ``sign(algorithm, message)`` gets a
        :class:`SigningAlgorithm` and the whole message as bytes, and returns the signature:
        for EC in DER, or as two numbers of equal size, one behind the other. It runs in the
        thread that shakes hands or signs, which may wait in it. What it raises comes out of the
        call that needed the signature, and so does ValueError for a signature that the
        public key does not verify, and TypeError for anything but bytes; nothing is sent then.
        Such a key cannot be exported, and does not decrypt: servers leave ciphers with RSA key
        exchange out.

        Raises TypeError if ``public_key`` is not such an object, or ``sign`` cannot be called or
        is a coroutine function; Error for keys of other kinds.

        ``OSSL_PROVIDER_add_builtin(3)``, ``EVP_PKEY_fromdata(3)``
        """
        asked = function("sign", sign, "a signature")
        made: PKey = native.from_signer(_public_half(public_key), asked)
        return made


def _different(keys: list[Any]) -> list[Any]:
    """The keys without those that are there twice: a provider shows its own copies as well."""
    known: set[bytes] = set()
    different = []
    for key in keys:
        try:
            public = native.dump_public(key, False)
        except CryptoError:
            public = None  # it cannot be told from others
        if public is None or public not in known:
            different.append(key)
        if public is not None:
            known.add(public)
    return different


owners.set_face(native.PKey, PKey)
signers.set_algorithm(SigningAlgorithm)


def _public_half(value: Any) -> PKey:
    """The public key alone of whatever has one."""
    if isinstance(value, PKey):
        der = native.dump_public(value, False)
    elif isinstance(value, certificates.X509):
        der = native.dump_public(certificate_fields.get_pubkey(value), False)
    elif foreign.is_certificate(value):
        der = foreign.public_key_der(value.public_key())
    elif foreign.is_public_key(value):
        der = foreign.public_key_der(value)
    else:
        raise TypeError(
            "public_key must be a PKey, an X509, or a public key or certificate of cryptography, "
            f"not {type(value).__name__}"
        )
    made: PKey = native.load_public(der, False)
    return made


def private_key(value: object) -> PKey:
    """Return a PKey for ours or for any private key of cryptography, else raise TypeError."""
    if isinstance(value, PKey):
        if value.only_public:
            raise TypeError("Unsupported key type: it is the public half only")
        return value
    if foreign.is_private_key(value):
        return _private_key(value)
    raise TypeError(f"Unsupported key type: {unlike(value, 'load_privatekey')}")


def _private_key(value: Any) -> PKey:
    """A private key of cryptography; by its own ``sign`` when it cannot be exported."""
    made: PKey
    try:
        der = foreign.private_key_der(value)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  # each kind of token refuses in its own way
        return PKey.from_signer(value.public_key(), foreign.sign_function(value))
    made = native.load_private(der, False, None)
    return made


def _phrase(filetype: int, given: PassphraseSource | None) -> passphrases.Passphrase | None:
    if given is None:
        return None
    if filetype != filetypes.FILETYPE_PEM:
        raise ValueError("only FILETYPE_PEM key format supports encryption")
    return passphrases.Passphrase(given)


def load_privatekey(
    type: int, buffer: str | bytes, passphrase: PassphraseSource | None = None
) -> PKey:
    """Load a private key of any kind OpenSSL knows.

    ``passphrase`` (PEM only) is bytes of at most 1024, or a callable that gets
    whether one is being set (False) and returns such bytes; it runs only when
    the key is encrypted and its exceptions come out of this call. Without a
    passphrase an encrypted key is refused; nobody is prompted.
    Raises ValueError for an unknown ``type`` or an overlong passphrase, Error
    when there is no key or the passphrase is wrong.

    ``PEM_read_bio_PrivateKey(3)``, ``d2i_PrivateKey_bio(3)``
    """
    data = filetypes.content(buffer)
    phrase = _phrase(type, passphrase)
    made: PKey = explained(data, native.load_private, data, filetypes.is_pem(type), phrase)
    return made


def load_publickey(type: int, buffer: str | bytes) -> PKey:
    """Load a public key (SubjectPublicKeyInfo).

    Raises ValueError for an unknown ``type``, Error when there is no such key.

    ``PEM_read_bio_PUBKEY(3)``, ``d2i_PUBKEY_bio(3)``
    """
    data = filetypes.content(buffer)
    made: PKey = explained(data, native.load_public, data, filetypes.is_pem(type))
    return made


def dump_privatekey(
    type: int,
    pkey: PKey,
    cipher: str | None = None,
    passphrase: PassphraseSource | None = None,
) -> bytes:
    """Write a private key; in PEM it is encrypted when ``cipher`` names how.

    ``passphrase`` is as for :func:`load_privatekey`; a callable gets True.
    Raises TypeError when ``pkey`` is not a PKey, when a cipher has no passphrase,
    or for a key other than RSA as text; ValueError for an unknown cipher or
    type; Error when there is no private half to write.

    ``PEM_write_bio_PrivateKey(3)``, ``i2d_PrivateKey(3)``, ``EVP_PKEY_print_private(3)``
    """
    if not isinstance(pkey, PKey):
        raise TypeError("pkey must be a PKey")
    if cipher is not None and passphrase is None:
        raise TypeError("if a value is given for cipher one must also be given for passphrase")
    if cipher is not None:
        native.check_cipher(cipher)
    phrase = _phrase(type, passphrase)
    if type == filetypes.FILETYPE_PEM:
        return native.dump_private_pem(pkey, cipher, phrase)
    if type == filetypes.FILETYPE_ASN1:
        return native.dump_private_der(pkey)
    if type == filetypes.FILETYPE_TEXT:
        if pkey.type() != TYPE_RSA:
            raise TypeError("Only RSA keys are supported for FILETYPE_TEXT")
        return native.dump_private_text(pkey)
    raise ValueError("type argument must be FILETYPE_PEM, FILETYPE_ASN1, or FILETYPE_TEXT")


def dump_publickey(type: int, pkey: PKey) -> bytes:
    """Write the public half of a key as SubjectPublicKeyInfo.

    Raises ValueError for an unknown ``type``, TypeError when ``pkey`` is not
    a PKey, Error when it is empty.

    ``PEM_write_bio_PUBKEY(3)``, ``i2d_PUBKEY(3)``
    """
    pem = filetypes.is_pem(type)
    if not isinstance(pkey, PKey):
        raise TypeError("pkey must be a PKey")
    return native.dump_public(pkey, pem)
