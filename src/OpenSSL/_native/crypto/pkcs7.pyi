# Written by tools/make_stubs.py from pkcs7.pyx.

def read_type(data: bytes, pem: bool) -> bytes:
    """OpenSSL's short name for the type of the message."""
