"""nginx and HAProxy take tickets that we gave out, and we take theirs."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import time

import pytest
from cryptography.hazmat.primitives import serialization

from kit import authority, contexts, fleets, pump, resuming, sockets
from kit.ports import free_port, reachable
from kit.programs import need, running
from OpenSSL import SSL, crypto
from OpenSSL.fleet import Fleet, Policy, TicketKey, key_files

HOST = b"brisk.test"
NGINX = """
daemon off; pid {folder}/nginx.pid; error_log stderr; master_process off;
events {{ }}
http {{
  access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
  fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{
    listen 127.0.0.1:{port} ssl; server_name localhost;
    {certificates}
    ssl_session_ticket_key {ticket}; ssl_session_timeout 1h;
    ssl_protocols TLSv1.2 TLSv1.3; return 200 "hello";
  }}
}}
"""
HAPROXY = """
defaults
  mode http
  timeout client 10s
  timeout server 10s
  timeout connect 10s
frontend f
  bind 127.0.0.1:{port} ssl crt {combined} tls-ticket-keys {ticket} {more}
  http-request return status 200 content-type text/plain string hello
"""


@contextlib.contextmanager
def nginx(folder, key, more="", kinds=("ecdsa",)):
    ticket = folder / "ticket.key"
    ticket.write_bytes(key_files.to_nginx(key))
    port = free_port()
    certificates = "".join(
        f"ssl_certificate {files.chain}; ssl_certificate_key {files.key}; "
        for files in (authority.identity(kind).files for kind in kinds)
    )
    settings = folder / "nginx.conf"
    settings.write_text(
        NGINX.format(folder=folder, port=port, certificates=certificates + more, ticket=ticket)
    )
    with running("nginx", "-c", str(settings), "-p", str(folder)):
        reachable(port)
        yield port


@contextlib.contextmanager
def haproxy(folder, key, more=""):
    ticket = folder / "ticket.keys"
    others = [TicketKey.generate(), TicketKey.generate()]
    if len(key.to_bytes()) == 48:
        others = [TicketKey.from_bytes(os.urandom(48)) for _ in range(2)]
    # The last but one encrypts.
    ticket.write_text(key_files.to_haproxy([others[0], key, others[1]]))
    port = free_port()
    settings = folder / "haproxy.cfg"
    combined = authority.identity().files.combined
    settings.write_text(HAPROXY.format(port=port, combined=combined, ticket=ticket, more=more))
    with running("haproxy", "-f", str(settings)):
        reachable(port)
        yield port


def visit(port, client, session=None, name=None):
    with socket.create_connection(("127.0.0.1", port), 10) as sock:
        end = sockets.client_end(client, sock)
        if name is not None:
            end.set_tlsext_host_name(name)
        if session is not None:
            end.set_session(session)
        end.do_handshake()
        end.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
        with contextlib.suppress(SSL.Error):
            while end.recv(1000):
                pass
        return end.session_reused(), end.get_session()


@pytest.mark.parametrize("size", [48, 80])
@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("program", [nginx, haproxy])
def test_two_of_them_with_our_key_resume_each_others_tickets(tmp_path, program, version, size):
    """The files that we write mean the same key to each process that reads them."""
    need(program.__name__)
    key = TicketKey.from_bytes(os.urandom(size))
    client = contexts.client_context(version=version)
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
    with program(tmp_path / "one", key) as one, program(tmp_path / "two", key) as two:
        _, session = visit(one, client)
        assert visit(two, client, session)[0]
    with program(tmp_path / "three", TicketKey.from_bytes(os.urandom(size))) as three:
        assert not visit(three, client, session)[0]


# ---- ours among them


def name_of(program):
    """What the program calls its sessions."""
    if program is haproxy:
        return key_files.HAPROXY_SESSION_ID
    return key_files.nginx_session_id([own_certificate()])


def own_certificate(kind="ecdsa"):
    data = authority.identity(kind).files.chain.read_bytes()
    return crypto.load_certificate(crypto.FILETYPE_PEM, data)


def ours(name, *keys, **how):
    context = contexts.server_context(**how)
    context.set_session_id(name, shared=True)
    context.set_ticket_keys([key.to_bytes() for key in keys])
    return context


def memory_visit(context, client, session, name=HOST):
    return resuming.visit(context, client, session, name=name)


@pytest.mark.parametrize("name", [b"localhost", b"brisk.test"])
@pytest.mark.parametrize("size", [48, 80])
@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("program", [nginx, haproxy])
def test_we_resume_what_they_gave_out_and_the_reverse(tmp_path, program, version, size, name):
    need(program.__name__)
    key = TicketKey.from_bytes(os.urandom(size))
    client = contexts.client_context(version=version)
    context = ours(name_of(program), key)
    with program(tmp_path, key) as port:
        _, theirs = visit(port, client, name=name)
        ends, outcome = memory_visit(context, client, theirs, name)
        assert resuming.resumes(ends, outcome)
        # What we made of theirs, and what we made by ourselves.
        assert visit(port, client, resuming.session_of(ends, outcome), name)[0]
        first = resuming.session_of(*memory_visit(context, client, None, name))
        again, theirs = visit(port, client, first, name)
        assert again
        assert resuming.resumes(*memory_visit(context, client, theirs, name))
        # Another host; and another key.
        assert not resuming.resumes(*memory_visit(context, client, theirs, b"other.test"))
        stranger = ours(name_of(program), TicketKey.from_bytes(os.urandom(size)))
        assert not resuming.resumes(*memory_visit(stranger, client, theirs, name))


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("program", [nginx, haproxy])
def test_through_a_fleet_that_rotates_its_keys(tmp_path, program, version):
    """One operator gives them the keys of the ring."""
    need(program.__name__)
    client = contexts.client_context(version=version)
    context = contexts.server_context()
    context.set_session_id(name_of(program), shared=True)
    policy = Policy(period=60, lifetime=600, spread=0.3, skew=0.01)
    with Fleet("memory:", "a secret of the operator", policy=policy, refresh=0.02) as fleet:
        fleet.attach(context)
        old = fleet.ring.in_force(time.time())[0]
        first = resuming.session_of(*memory_visit(context, client, None))
        with running_with(program, tmp_path / "old", old) as port:
            again, theirs = visit(port, client, first, HOST)
            assert again
        fleet.rotate()
        fleets.until(lambda: fleet._applied[0] != old)  # the Context has them, too
        # What they gave out before is good as long as its key is.
        ends, outcome = memory_visit(context, client, theirs)
        assert resuming.resumes(ends, outcome)
        new = fleet.ring.in_force(time.time())[0]
        with running_with(program, tmp_path / "new", new) as port:
            assert visit(port, client, resuming.session_of(ends, outcome), HOST)[0]
        fleet.revoke()
        assert not resuming.resumes(*memory_visit(context, client, theirs))


@contextlib.contextmanager
def running_with(program, folder, key):
    folder.mkdir()
    with program(folder, TicketKey.from_bytes(key)) as port:
        yield port


def name_of_asking_nginx():
    """With the names of those whom it trusts, too."""
    trusted = authority.authority().root.subject.public_bytes()
    own = own_certificate().to_cryptography().public_bytes(serialization.Encoding.DER)
    parts = (hashlib.sha1(own).digest(), hashlib.sha1(trusted).digest())
    return hashlib.sha1(b"HTTP" + b"".join(parts)).digest()


ASKS = {
    nginx: f"ssl_client_certificate {authority.trust_file()}; ssl_verify_client on;",
    haproxy: f"ca-file {authority.trust_file()} verify required",
}


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("program", [nginx, haproxy])
def test_a_certificate_that_they_have_seen_is_not_believed(tmp_path, program, version):
    need(program.__name__)
    key = TicketKey.from_bytes(os.urandom(80))
    client = resuming.visitor(version)
    names = [name_of(program)]
    if program is nginx:
        names.append(name_of_asking_nginx())  # as far as that goes somebody may set it
    with program(tmp_path, key, ASKS[program]) as port:
        _, theirs = visit(port, client, name=HOST)
        assert visit(port, client, theirs, HOST)[0]
        for name in names:
            context = ours(name, key)
            ends, outcome = memory_visit(context, client, theirs)
            assert not resuming.resumes(ends, outcome)
            assert ends.server.get_peer_certificate() is None


@pytest.mark.parametrize("program", [nginx, haproxy])
def test_who_asks_for_certificates_takes_none_of_theirs(tmp_path, program):
    need(program.__name__)
    key = TicketKey.from_bytes(os.urandom(80))
    with program(tmp_path, key) as port:
        for version in ("TLSv1.2", "TLSv1.3"):
            client = resuming.visitor(version)
            _, theirs = visit(port, client, name=HOST)
            asking = ours(name_of(program), key, require_client=True)
            ends, outcome = memory_visit(asking, client, theirs)
            assert not resuming.resumes(ends, outcome)
            assert ends.server.get_peer_certificate() is not None
            assert not visit(port, client, resuming.session_of(ends, outcome), HOST)[0]


def test_two_certificates_make_one_name(tmp_path):
    need("nginx")
    key = TicketKey.from_bytes(os.urandom(80))
    client = contexts.client_context()
    name = key_files.nginx_session_id([own_certificate("rsa"), own_certificate("ecdsa")])
    with nginx(tmp_path, key, kinds=("ecdsa", "rsa")) as port:
        _, theirs = visit(port, client, name=HOST)
    assert resuming.resumes(*memory_visit(ours(name, key), client, theirs))
    assert not resuming.resumes(*memory_visit(ours(name[::-1], key), client, theirs))


def test_early_data_of_theirs_is_refused(tmp_path):
    need("nginx")
    key = TicketKey.from_bytes(os.urandom(80))
    client = contexts.client_context(version="TLSv1.3")
    with nginx(tmp_path, key, "ssl_early_data on;") as port:
        _, theirs = visit(port, client, name=HOST)
    assert theirs.get_max_early_data() > 0
    context = ours(name_of(nginx), key)
    context.set_max_early_data(1000)
    context.set_options(SSL.OP_NO_ANTI_REPLAY)
    ends = pump.pair(context, client, HOST)
    ends.client.set_session(theirs)
    assert ends.client.write_early_data(b"early") == 5
    assert pump.handshake_outcome(*ends) == (None, None)
    assert ends.server.session_reused()
    assert ends.client.get_early_data_status() == "rejected"
