"""TLS in front of a plain server, over memory BIOs: memory_proxy.py PORT BACKEND

One thread serves all clients.  The program moves the bytes; the Connection has no socket
and only turns what came from the network into data, and data into what goes there.
"""

import argparse
import selectors
import socket

from OpenSSL import SSL

LIMIT = 1 << 20  # bytes that wait for a slow side before its other side is read no more


class Link:
    """A client, its backend, and what waits to go to each."""

    def __init__(self, selector, context, client, backend):
        self.selector = selector
        self.client, self.backend = client, backend
        self.waiting = {client: bytearray(), backend: bytearray()}
        self.ended = {client: False, backend: False}
        self.told = False  # the backend knows that its client has no more to say
        self.tls = SSL.Connection(context)
        self.tls.set_accept_state()
        for sock in self.waiting:
            sock.setblocking(False)
        self.watch()

    def ready(self, sock, events):
        if sock.fileno() < 0:
            return  # dropped a moment ago, for what its other side did
        try:
            if events & selectors.EVENT_WRITE:
                del self.waiting[sock][: sock.send(self.waiting[sock])]
            if events & selectors.EVENT_READ:
                self.read(sock)
            self.turn()
            self.watch()
        except (SSL.Error, OSError) as error:
            self.drop(error)

    def read(self, sock):
        data = sock.recv(65536)
        self.ended[sock] = not data
        if sock is self.backend:
            if data:
                self.tls.sendall(data)
            else:
                self.tls.shutdown()
        elif data:
            self.tls.bio_write(data)
        else:
            self.tls.bio_shutdown()

    def turn(self):
        """Take what has come out of TLS, on both of its sides."""
        try:
            while not self.ended[self.client] or self.tls.pending():
                self.waiting[self.backend] += self.tls.recv(65536)
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.ended[self.client] = True
        try:
            while True:
                self.waiting[self.client] += self.tls.bio_read(65536)
        except SSL.WantReadError:
            pass

    def watch(self):
        """Wait for what can go on; close when nothing can."""
        other = {self.client: self.backend, self.backend: self.client}
        for sock in self.waiting:
            reads = not self.ended[sock] and len(self.waiting[other[sock]]) < LIMIT
            events = selectors.EVENT_READ * reads | selectors.EVENT_WRITE * bool(self.waiting[sock])
            if sock in self.selector.get_map():
                self.selector.unregister(sock)
            if events:
                self.selector.register(sock, events, self)
        if self.ended[self.client] and not self.waiting[self.backend] and not self.told:
            self.backend.shutdown(socket.SHUT_WR)
            self.told = True
        if self.ended[self.backend] and not self.waiting[self.client]:
            self.drop(None)

    def drop(self, error):
        for sock in self.waiting:
            if sock in self.selector.get_map():
                self.selector.unregister(sock)
            sock.close()
        if error is not None:
            print("dropped:", repr(error), flush=True)


def main(port, backend):
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_certificate_chain_file("server.pem")
    context.use_privatekey_file("server.key")
    selector = selectors.DefaultSelector()
    with socket.create_server(("127.0.0.1", port)) as listener:
        selector.register(listener, selectors.EVENT_READ, None)
        while True:
            for key, events in selector.select():
                if key.data is not None:
                    key.data.ready(key.fileobj, events)
                else:
                    client, _ = listener.accept()
                    try:
                        inner = socket.create_connection(("127.0.0.1", backend))
                    except OSError as error:
                        print("no backend:", error, flush=True)
                        client.close()
                    else:
                        Link(selector, context, client, inner)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("port", type=int)
    parser.add_argument("backend", type=int, help="the plain server's port")
    given = parser.parse_args()
    main(given.port, given.backend)
