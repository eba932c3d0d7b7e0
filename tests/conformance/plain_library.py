"""Functions of the system's libssl, called without anything of the package between."""

from __future__ import annotations

import ctypes
from ctypes import c_char_p, c_int, c_long, c_size_t, c_ubyte, c_uint, c_uint64, c_void_p
from typing import Any

_SSL = ctypes.CDLL("libssl.so.3")
_CRYPTO = ctypes.CDLL("libcrypto.so.3")

_P, _B, _I, _L, _S = c_void_p, c_char_p, c_int, c_long, c_size_t
#: Name -> what it returns and takes.
_FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "TLS_method": (_P,), "DTLS_method": (_P,),
    "SSL_CTX_new": (_P, _P), "SSL_new": (_P, _P), "SSL_free": (None, _P),
    "SSL_CTX_ctrl": (_L, _P, _I, _L, _P), "SSL_ctrl": (_L, _P, _I, _L, _P),
    "SSL_CTX_callback_ctrl": (_L, _P, _I, _P),
    "SSL_CTX_set_cipher_list": (_I, _P, _B), "SSL_CTX_set_ciphersuites": (_I, _P, _B),
    "SSL_CTX_set_options": (c_uint64, _P, c_uint64),
    "SSL_set_options": (c_uint64, _P, c_uint64),
    "SSL_CTX_clear_options": (c_uint64, _P, c_uint64),
    "SSL_CTX_set_security_level": (None, _P, _I),
    "SSL_CTX_set_num_tickets": (_I, _P, _S),
    "SSL_CTX_set_session_id_context": (_I, _P, _B, c_uint),
    "SSL_CTX_sess_set_new_cb": (None, _P, _P),
    "SSL_CTX_use_certificate_chain_file": (_I, _P, _B),
    "SSL_CTX_use_PrivateKey_file": (_I, _P, _B, _I),
    "SSL_use_certificate_chain_file": (_I, _P, _B),
    "SSL_use_PrivateKey_file": (_I, _P, _B, _I),
    "SSL_CTX_load_verify_locations": (_I, _P, _B, _B),
    "SSL_CTX_set_verify": (None, _P, _I, _P),
    "SSL_CTX_set_cert_verify_callback": (None, _P, _P, _P),
    "SSL_CTX_set_cert_cb": (None, _P, _P, _P),
    "SSL_CTX_set_alpn_select_cb": (None, _P, _P, _P),
    "SSL_CTX_set_tlsext_use_srtp": (_I, _P, _B),
    "SSL_CTX_set_psk_client_callback": (None, _P, _P),
    "SSL_CTX_set_psk_server_callback": (None, _P, _P),
    "SSL_CTX_use_psk_identity_hint": (_I, _P, _B),
    "SSL_set_alpn_protos": (_I, _P, _B, c_uint),
    "SSL_set_session": (_I, _P, _P), "SSL_get1_session": (_P, _P),
    "SSL_CTX_set_session_ticket_cb": (_I, _P, _P, _P, _P), "SSL_get_session": (_P, _P),
    "SSL_SESSION_set1_ticket_appdata": (_I, _P, _B, _S),
    "SSL_set_bio": (None, _P, _P, _P),
    "SSL_set_accept_state": (None, _P), "SSL_set_connect_state": (None, _P),
    "SSL_do_handshake": (_I, _P), "SSL_read": (_I, _P, _P, _I), "SSL_write": (_I, _P, _P, _I),
    "SSL_shutdown": (_I, _P), "SSL_set_shutdown": (None, _P, _I),
    "SSL_get_error": (_I, _P, _I), "SSL_version": (_I, _P), "SSL_session_reused": (_I, _P),
    "SSL_get_current_cipher": (_P, _P), "SSL_get1_peer_certificate": (_P, _P),
    "SSL_export_keying_material": (_I, _P, _P, _S, _B, _S, _B, _S, _I),
    "SSL_get_finished": (_S, _P, _P, _S), "SSL_get_peer_finished": (_S, _P, _P, _S),
    "SSL_get_verify_result": (_L, _P), "SSL_get_servername": (_B, _P, _I),
    "SSL_get0_alpn_selected": (None, _P, _P, _P),
    "DTLS_set_timer_cb": (None, _P, _P),
    "BIO_new_socket": (_P, _I, _I), "BIO_new": (_P, _P), "BIO_set_init": (None, _P, _I),
    "BIO_meth_new": (_P, _I, _B), "BIO_meth_set_write": (_I, _P, _P),
    "BIO_meth_set_read": (_I, _P, _P), "BIO_meth_set_ctrl": (_I, _P, _P),
    "BIO_set_flags": (None, _P, _I), "BIO_clear_flags": (None, _P, _I),
    "ERR_clear_error": (None,), "ERR_get_error": (ctypes.c_ulong,),
    "ERR_error_string_n": (None, ctypes.c_ulong, _P, _S),
    "X509_STORE_CTX_set_error": (None, _P, _I),
    "CRYPTO_malloc": (_P, _S, _B, _I),
}  # fmt: skip

#: Kinds of callbacks, by what they return and take.
VERIFY = ctypes.CFUNCTYPE(_I, _P, _P)
NEW_SESSION = ctypes.CFUNCTYPE(_I, _P, _P)
CHOOSE = ctypes.CFUNCTYPE(_I, _P, _P)
STAPLE = ctypes.CFUNCTYPE(_I, _P, _P)
SELECT = ctypes.CFUNCTYPE(_I, _P, ctypes.POINTER(_P), ctypes.POINTER(c_ubyte), _P, c_uint, _P)
KEY_OF_CLIENT = ctypes.CFUNCTYPE(c_uint, _P, _B, _P, c_uint, _P, c_uint)
KEY_OF_SERVER = ctypes.CFUNCTYPE(c_uint, _P, _B, _P, c_uint)
NAME = ctypes.CFUNCTYPE(_I, _P, _P, _P)
MAKE_TICKET = ctypes.CFUNCTYPE(_I, _P, _P)
TAKE_TICKET = ctypes.CFUNCTYPE(_I, _P, _P, _P, _S, _I, _P)
TIMER = ctypes.CFUNCTYPE(c_uint, _P, c_uint)
MOVE = ctypes.CFUNCTYPE(_I, _P, _P, _I)
CONTROL = ctypes.CFUNCTYPE(_L, _P, _I, _L, _P)


class _Library:
    """Each function as an attribute."""

    def __init__(self) -> None:
        for name, (result, *arguments) in _FUNCTIONS.items():
            function = getattr(_SSL if hasattr(_SSL, name) else _CRYPTO, name)
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


s = _Library()


def words() -> str:
    """What libssl has to say about its last failure."""
    room = ctypes.create_string_buffer(256)
    said = []
    while number := s.ERR_get_error():
        s.ERR_error_string_n(number, room, len(room))
        said.append(room.value.decode())
    return "; ".join(said)
