"""A wheel's libssl lives beside those of ``ssl`` and cryptography, all of them busy."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys

import pytest

from kit import authority

pytestmark = [
    pytest.mark.long,
    pytest.mark.wheel,
    pytest.mark.skipif("BRISK_WHEEL" not in os.environ, reason="make test-wheel names a wheel"),
]

PROGRAM = """
import importlib, sys, threading
for name in sys.argv[3:]:
    importlib.import_module(name)
import ssl
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL

chain, key = sys.argv[1:3]
failures = []


def ours():
    server, client = SSL.Context(SSL.TLS_METHOD), SSL.Context(SSL.TLS_METHOD)
    server.use_certificate_chain_file(chain)
    server.use_privatekey_file(key)
    ends = SSL.Connection(client), SSL.Connection(server)
    ends[0].set_connect_state()
    ends[1].set_accept_state()
    pump(ends, lambda end: end.do_handshake(), SSL.WantReadError)
    ends[0].send(b"x" * 1000)
    ends[1].bio_write(ends[0].bio_read(1 << 16))
    assert ends[1].recv(1000) == b"x" * 1000


def pump(ends, step, wants):
    done = [False, False]
    while not all(done):
        for number, end in enumerate(ends):
            try:
                step(end)
                done[number] = True
            except wants:
                pass
            try:
                ends[1 - number].bio_write(end.bio_read(1 << 16))
            except wants:
                pass


def theirs():
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain, key)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    a, b = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = client.wrap_bio(a, b), server.wrap_bio(b, a, server_side=True)
    done = [False, False]
    while not all(done):
        for number, end in enumerate(ends):
            try:
                end.do_handshake()
                done[number] = True
            except ssl.SSLWantReadError:
                pass
    ends[0].write(b"y" * 1000)
    assert ends[1].read(1000) == b"y" * 1000


def third():
    key = ec.generate_private_key(ec.SECP256R1())
    signature = key.sign(b"z", ec.ECDSA(hashes.SHA256()))
    key.public_key().verify(signature, b"z", ec.ECDSA(hashes.SHA256()))


def busy(work):
    try:
        for _ in range(100):
            work()
    except BaseException as error:
        failures.append(repr(error))


threads = [threading.Thread(target=busy, args=(work,)) for work in (ours, theirs, third) * 2]
for each in threads:
    each.start()
for each in threads:
    each.join()
assert not failures, failures
print(SSL.OpenSSL_version(0).decode(), "beside", ssl.OPENSSL_VERSION)
"""

NAMES = ("OpenSSL.SSL", "ssl", "cryptography.hazmat.primitives.asymmetric.ec")


@pytest.mark.parametrize("order", list(itertools.permutations(NAMES)), ids="-".join)
def test_all_are_busy_in_one_process(order: tuple[str, ...]) -> None:
    who = authority.identity()
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-c",
            PROGRAM,
            str(who.files.chain),
            str(who.files.key),
            *order,
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert " beside " in done.stdout
