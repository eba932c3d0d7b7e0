from OpenSSL._native.certificates import X509
from OpenSSL._native.keys import PKey

def sign(key: PKey, data: bytes, digest: str | bytes | None) -> bytes: ...
def verify(
    certificate: X509, signature: bytes, data: bytes, digest: str | bytes | None
) -> None: ...
