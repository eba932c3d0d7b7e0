"""An HTTPS server under load: ``KIND-BYTES-CALL-CONNECTIONS-HOW``; three numbers, see ``load``.

KIND is ``loop``, a thread for each connection that receives a request and sends the page;
``cheroot``, with its own adapter for each peer; or ``twisted``, Twisted Web, which has none for
ssl.  CALL is how a loop sends: ``send`` or ``sendall``.  HOW is ``kept``, ``new`` for a new
connection for each request, or ``nagle``, kept and without TCP_NODELAY.
"""

from __future__ import annotations

import contextlib
import importlib
import signal
import socket
import threading
from collections.abc import Callable
from typing import Any

from ends.peers import SSL, folder
from processors import halves, stay_on
from works.load import Taken, load

END = b"\r\n\r\n"
#: What a server of such requests asks for.
ROOM = 8192


def page(size: int, kept: bool) -> bytes:
    words = "keep-alive" if kept else "close"
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\nConnection: {words}\r\n\r\n"
    return head.encode() + bytes(size)


def send_by_parts(stream: Any, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[stream.send(view) :]


def failures(peer: str) -> tuple[type[BaseException], ...]:
    if peer == SSL:
        return (OSError,)
    from OpenSSL.SSL import Error

    return (OSError, Error)


def say_goodbye(peer: str, stream: Any, end: socket.socket) -> None:
    if peer == SSL:
        # `unwrap` waits for the peer's goodbye, which wrk does not send.
        stream.settimeout(0)
        with contextlib.suppress(OSError, ValueError):
            stream.unwrap()
        stream.close()
    else:
        stream.shutdown()
        end.close()


def answer(
    peer: str,
    contextual: Callable[[socket.socket], Any],
    end: socket.socket,
    reply: bytes,
    send: Callable[[Any, bytes], object],
    kept: bool,
) -> None:
    with contextlib.suppress(*failures(peer)):
        stream = contextual(end)
        while True:
            request = b""
            while not request.endswith(END):
                part = stream.recv(ROOM)
                if not part:
                    return
                request += part
            send(stream, reply)
            if not kept:
                say_goodbye(peer, stream, end)
                return


def loop(peer: str, size: int, call: str, how: str) -> int:
    """Serve in threads of this process; the port."""
    kept = how != "new"
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    reply = page(size, kept)
    send = send_by_parts if call == "send" else lambda stream, data: stream.sendall(data)
    contextual = accepting(peer)

    def accept() -> None:
        while True:
            end, _ = listener.accept()
            if how != "nagle":
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(
                target=answer, args=(peer, contextual, end, reply, send, kept), daemon=True
            ).start()

    threading.Thread(target=accept, daemon=True).start()
    return int(listener.getsockname()[1])


def accepting(peer: str) -> Callable[[socket.socket], Any]:
    """What makes a server's end of a socket, all by one Context."""
    if peer == SSL:
        from ends.standard import server_context

        context = server_context()
        return lambda end: context.wrap_socket(end, True)
    from ends import interface
    from OpenSSL.SSL import Connection

    shared = interface.server_context()
    shared.set_session_id(b"bench")

    def accept(end: socket.socket) -> Any:
        connection = Connection(shared, end)
        connection.set_accept_state()
        connection.do_handshake()
        return connection

    return accept


def cheroot(peer: str, size: int, _call: str, _how: str) -> int:
    adapters = importlib.import_module("cheroot.ssl." + ("builtin" if peer == SSL else "pyopenssl"))
    kind = adapters.BuiltinSSLAdapter if peer == SSL else adapters.pyOpenSSLAdapter
    wsgi = importlib.import_module("cheroot.wsgi")

    body = bytes(size)

    def app(_environ: object, start: Callable[..., object]) -> list[bytes]:
        start("200 OK", [("Content-Length", str(size))])
        return [body]

    server = wsgi.Server(("127.0.0.1", 0), app, numthreads=8)
    server.ssl_adapter = kind(str(folder() / "chain.pem"), str(folder() / "key.pem"))
    server.prepare()
    threading.Thread(target=server.serve, daemon=True).start()
    return int(server.bind_addr[1])


def twisted(peer: str, size: int, _call: str, _how: str) -> int:
    from twisted.internet import reactor
    from twisted.web import resource, server

    from ends.interface import server_context
    from works.echo import creator

    assert peer != SSL
    body = bytes(size)

    class Page(resource.Resource):  # type: ignore[misc]
        isLeaf = True  # noqa: N815

        def render_GET(self, _request: object) -> bytes:
            return body

    contexts = creator("IOpenSSLServerConnectionCreator", server_context())
    port = reactor.listenSSL(0, server.Site(Page()), contexts, interface="127.0.0.1")
    threading.Thread(target=reactor.run, args=(False,), daemon=True).start()
    return int(port.getHost().port)


KINDS: dict[str, Callable[[str, int, str, str], int]] = {
    "loop": loop,
    "cheroot": cheroot,
    "twisted": twisted,
}


def work(peer: str, option: str, seconds: float) -> Taken:
    kind, size, call, connections, how = option.split("-")
    # wrk may go away in the middle of anything.
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    own, other = halves()
    stay_on(own)
    port = KINDS[kind](peer, int(size), call, how)
    return load(port, int(connections), how != "new", seconds, other)
