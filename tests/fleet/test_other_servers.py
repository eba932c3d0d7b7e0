"""nginx and HAProxy take tickets that we gave out, and we take theirs."""

from __future__ import annotations

import contextlib
import os
import socket

import pytest
from fleet.conftest import free_port, reachable

from kit import authority, contexts, sockets
from kit.programs import need, running
from OpenSSL import SSL
from OpenSSL.fleet import TicketKey, key_files

NGINX = """
daemon off; pid {folder}/nginx.pid; error_log stderr; master_process off;
events {{ }}
http {{
  access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
  fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{
    listen 127.0.0.1:{port} ssl; server_name localhost;
    ssl_certificate {chain}; ssl_certificate_key {key};
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
  bind 127.0.0.1:{port} ssl crt {combined} tls-ticket-keys {ticket}
  http-request return status 200 content-type text/plain string hello
"""


@contextlib.contextmanager
def nginx(folder, key):
    ticket = folder / "ticket.key"
    ticket.write_bytes(key_files.to_nginx(key))
    port = free_port()
    files = authority.identity().files
    settings = folder / "nginx.conf"
    settings.write_text(
        NGINX.format(folder=folder, port=port, chain=files.chain, key=files.key, ticket=ticket)
    )
    with running("nginx", "-c", str(settings), "-p", str(folder)):
        reachable(port)
        yield port


@contextlib.contextmanager
def haproxy(folder, key):
    ticket = folder / "ticket.keys"
    others = [TicketKey.generate(), TicketKey.generate()]
    if len(key.to_bytes()) == 48:
        others = [TicketKey.from_bytes(os.urandom(48)) for _ in range(2)]
    # The last but one encrypts.
    ticket.write_text(key_files.to_haproxy([others[0], key, others[1]]))
    port = free_port()
    settings = folder / "haproxy.cfg"
    combined = authority.identity().files.combined
    settings.write_text(HAPROXY.format(port=port, combined=combined, ticket=ticket))
    with running("haproxy", "-f", str(settings)):
        reachable(port)
        yield port


def visit(port, client, session=None):
    with socket.create_connection(("127.0.0.1", port), 10) as sock:
        end = sockets.client_end(client, sock)
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
