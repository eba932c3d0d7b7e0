"""Callbacks that use TLS themselves, one inside the other, on the stacks that threads have."""

from __future__ import annotations

import pytest

from kit import apart

#: Sizes of stacks in KiB: threads of musl have the first, those of macOS the third.
STACKS = [128, 256, 512, 1024]
DEEP = """
import sys, threading
from kit import authority, contexts, pump
from OpenSSL import SSL, crypto

wanted, version, *sizes = sys.argv[1:]

def one(own):
    '''A whole connection, with callbacks where they are wanted.'''
    identity, who = authority.identity(kind), authority.client_identity(kind)
    encrypted = identity.files.key_encrypted.read_bytes()
    server = contexts.server_context(identity, version=version, require_client=True)
    client = contexts.client_context(who, version=version)
    if own == "verify":
        client.set_verify(SSL.VERIFY_PEER, again)
    elif own == "verify server":
        server.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, again)
    elif own == "cert verify":
        client.set_cert_verify_callback(again)
    elif own == "hello":
        server.set_client_hello_callback(again)
    elif own == "servername":
        server.set_tlsext_servername_callback(again)
    elif own == "alpn":
        server.set_alpn_select_callback(lambda end, offer: again() and offer[0])
    elif own == "staple":
        server.set_ocsp_server_callback(lambda *_: again() and contexts.STAPLE)
    elif own == "judge":
        server.set_ocsp_server_callback(lambda *_: contexts.STAPLE)
        client.set_ocsp_client_callback(again)
    elif own == "passphrase":
        server.set_passwd_cb(lambda *_: again() and authority.PASSPHRASE)
        server.use_privatekey_file(str(identity.files.key_encrypted))
    elif own == "loader":
        crypto.load_privatekey(
            crypto.FILETYPE_PEM, encrypted, lambda _: again() and authority.PASSPHRASE)
    elif own:
        for context in (server, client):
            getattr(context, own)(again)
    ends = pump.pair(server, client)
    ends.client.set_alpn_protos([b"h2"])
    ends.client.request_ocsp()
    pump.handshake(*ends)

depth = 0
def again(*_):
    global depth
    depth += 1
    one(wanted)
    return True

def begin():
    global depth
    depth = 0
    try:
        one(wanted)
    except RecursionError:
        print("refused", depth > 3)
    one("")    # and the thread can go on
    print("works")

for size in sizes:
    # Of RSA a handshake needs more stack, and more time.
    kind = "rsa" if size == sizes[0] else "ecdsa"
    threading.stack_size(int(size) << 10)
    thread = threading.Thread(target=begin)
    thread.start()
    thread.join()
"""
HOOKS = [
    *("verify", "verify server", "cert verify", "hello", "servername", "alpn"),
    *("staple", "judge", "passphrase", "loader"),
    *("set_info_callback", "set_keylog_callback", "set_message_callback", "set_cert_callback"),
]


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.holds("S17")
def test_without_end(hook: str, version: str) -> None:
    """It ends in an exception, and neither in a crash nor after thousands of handshakes."""
    out = apart.run(DEEP, hook, version, *map(str, STACKS))
    assert out == "refused True\nworks\n" * len(STACKS)


def test_a_few_levels_are_none_too_many() -> None:
    """As a callback that looks something up by TLS, whose own looks something up, needs them."""
    out = apart.run(
        """
        from kit import contexts, pump
        from OpenSSL import SSL
        left = 6
        def down(*_):
            global left
            if left:
                left -= 1
                pump.connected(contexts.server_context(), client)
            return True
        client = contexts.client_context()
        client.set_verify(SSL.VERIFY_PEER, down)
        pump.connected(contexts.server_context(), client)
        print(left)
        """
    )
    assert out == "0\n"
