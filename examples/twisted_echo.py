"""An echo server with Twisted, which finds this package as OpenSSL: twisted_echo.py PORT"""

import argparse

from twisted.internet import endpoints, protocol, reactor, ssl


class Echo(protocol.Protocol):
    def connectionMade(self):
        connection = self.transport.getHandle()
        print("over", type(connection).__module__, flush=True)

    def dataReceived(self, data):
        self.transport.write(data)


def main(port):
    with open("server.pem") as certificate, open("server.key") as key:
        mine = ssl.PrivateCertificate.loadPEM(certificate.read() + key.read())
    endpoint = endpoints.SSL4ServerEndpoint(reactor, port, mine.options(), interface="127.0.0.1")
    endpoint.listen(protocol.Factory.forProtocol(Echo))
    reactor.run()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("port", type=int)
    main(parser.parse_args().port)
