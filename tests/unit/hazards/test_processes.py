"""The process around the connections: forks, its end, other interpreters, its memory pages."""

from __future__ import annotations

import os
import sys

import pytest

from kit import apart, scenes

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux's /proc")
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


@forks
@pytest.mark.holds("C29")
def test_a_child_that_ends_says_nothing_on_its_parents_connection() -> None:
    out = apart.run("""
        import gc, os, sys
        from kit import contexts, sockets
        with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
            server, client = ends
            child = os.fork()
            if child == 0:
                del server, client, ends
                gc.collect()
                sys.exit(0)
            assert os.waitpid(child, 0)[1] == 0
            client.sendall(b"unharmed")
            assert server.recv(100) == b"unharmed"
            server.sendall(b"both ways")
            assert client.recv(100) == b"both ways"
            print("good")
    """)
    assert out == "good\n"


@forks
@pytest.mark.holds("C29")
def test_children_have_randoms_of_their_own() -> None:
    out = apart.run("""
        import os
        from OpenSSL import SSL
        from kit import contexts, pump
        context = contexts.client_context()
        pump.connected(contexts.server_context(), context)  # the generator has been used
        for number in range(4):
            if os.fork() == 0:
                client = SSL.Connection(context)
                client.set_connect_state()
                pump.step(client.do_handshake)
                os.write(1, client.client_random().hex().encode() + b"\\n")
                os._exit(0)
            assert os.wait()[1] == 0
    """)
    assert len(set(out.split())) == 4


@pytest.mark.holds("C30")
@pytest.mark.parametrize(
    "last", ["client.shutdown()", "client.send(b'x')", "client_context.set_timeout(1)"]
)
def test_a_finaliser_at_the_end_does_not_wait_for_a_thread_that_is_no_more(last: str) -> None:
    out = apart.run(f"""
        import os, sys, threading, time
        from OpenSSL import SSL
        from kit import contexts, pump
        client_context = contexts.client_context(version="TLSv1.2")
        server, client = pump.connected(contexts.server_context(), client_context)
        data = bytes(8 << 20)

        def work():
            while True:
                client.sendall(data)
                client.bio_read(1 << 30)

        class Last:
            def __init__(self, *kept):
                self.kept = kept
            def __del__(self):
                client, client_context, Error, write = self.kept
                try:
                    {last}
                except Error as error:
                    write(1, b"refused\\n" if "interpreter ended" in str(error) else b"?\\n")
                else:
                    write(1, b"done\\n")

        sys.modules["kept for last"] = type(sys)("kept for last")
        sys.modules["kept for last"].last = Last(client, client_context, SSL.Error, os.write)
        threading.Thread(target=work, daemon=True).start()
        time.sleep(0.5)
    """)
    assert out in ("refused\n", "done\n")


@pytest.mark.holds("C30")
def test_the_interpreter_ends_with_threads_inside_tls_calls() -> None:
    out = apart.run("""
        import os, socket, threading, time
        from OpenSSL import SSL
        from kit import contexts, pump, sockets
        server_context, client_context = contexts.server_context(), contexts.client_context()
        kept = []
        def shake():
            while True:
                pump.connected(server_context, client_context)
        def start(work, *arguments):
            threading.Thread(target=work, args=arguments, daemon=True).start()
        for what in ("recv", "sendall", "handshake", "callback"):
            server_sock, client_sock = socket.socketpair()
            server = sockets.server_end(server_context, server_sock)
            client = sockets.client_end(client_context, client_sock)
            kept.append((server, client))
            if what == "handshake":
                start(client.do_handshake)
                continue
            if what == "callback":
                server.set_info_callback(lambda *_: time.sleep(100))
                start(server.do_handshake)
                start(client.do_handshake)
                continue
            other = sockets.in_thread(server.do_handshake)
            client.do_handshake()
            other.result(10)
            start(client.recv if what == "recv" else client.sendall,
                  1 if what == "recv" else bytes(64 << 20))
        for _ in range(3):
            start(shake)
        time.sleep(0.3)
        print("ending")
    """)
    assert out == "ending\n"


@pytest.mark.parametrize("version", scenes.ALL)
@pytest.mark.holds("C30")
def test_the_interpreter_ends_with_a_thread_inside_each_hook(version: str) -> None:
    names = [name for name, _ in scenes.cells(version)]
    out = apart.run(f"""
        import threading, time
        from kit import scenes
        inside = threading.Semaphore(0)
        def stay(entered):
            if not entered:
                entered.append(True)
                inside.release()
            while True:
                time.sleep(0.02)  # and back into an interpreter that is ending
        def scene(name):
            entered = []
            return scenes.Scene(name, lambda *_: stay(entered), {version!r})
        # Here: what they need is made once, and not by several threads.
        made = [scene(name) for name in {names}]
        for each in made:
            threading.Thread(target=each.run, daemon=True).start()
        for each in made:
            assert inside.acquire(timeout=100)
        print("ending")
    """)
    assert out == "ending\n"


SUB_INTERPRETER = """
    import sys
    try:
        import {name} as interpreters
    except ImportError:
        print("none here")
        raise SystemExit
    code = '''if True:
        import subprocess, sys
        sys.path[:] = {path!r}
        # An editable install looks for changes at import, which may not be done here.
        subprocess.run = lambda *arguments, **options: None
        try:
            from OpenSSL import SSL
            SSL.Connection(SSL.Context(SSL.TLS_METHOD))
        except ImportError as error:
            assert type(error) is ImportError and "interpreter" in str(error), error
    '''
    def inside():
        number = interpreters.create()
        failure = interpreters.run_string(number, code)
        assert failure is None, failure
        interpreters.destroy(number)
    if "{order}" == "sub first":
        inside()
    try:
        from OpenSSL import SSL
        from kit import contexts, pump
    except ImportError as error:
        assert "{order}" == "sub first"
        assert type(error) is ImportError and "interpreter" in str(error), error
    else:
        ends = pump.connected(contexts.server_context(), contexts.client_context())
        if "{order}" == "main first":
            inside()
        assert pump.transfer(ends.client, ends.server, b"unharmed") == b"unharmed"
    print("good")
"""


@pytest.mark.holds("C31")
@pytest.mark.parametrize("order", ["main first", "sub first"])
def test_a_sub_interpreter_works_or_says_that_it_does_not(order: str) -> None:
    """Isolated or not: an ImportError with words at worst, and the main one goes on."""
    name = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"
    out = apart.run(SUB_INTERPRETER.format(name=name, order=order, path=sys.path))
    if out == "none here\n":
        pytest.skip("this Python has no module for sub-interpreters")
    assert out == "good\n"


EVERY_CALLBACK = """
    import sys
    from OpenSSL import SSL, crypto
    print("foreign", *(name for name in ("_cffi_backend", "_ctypes") if name in sys.modules))
    from kit import authority, contexts, pump
    ran = set()
    def hook(name, answer):
        return lambda *_: (ran.add(name), answer)[1]
    server, client = contexts.server_context(), contexts.client_context()
    for context in (server, client):
        context.set_info_callback(hook("info", None))
        context.set_keylog_callback(hook("keylog", None))
    client.set_verify(SSL.VERIFY_PEER, hook("verify", True))
    client.set_alpn_protos([b"h2"])
    server.set_alpn_select_callback(hook("alpn", b"h2"))
    server.set_tlsext_servername_callback(hook("servername", None))
    server.set_ocsp_server_callback(hook("staple", contexts.STAPLE))
    client.set_ocsp_client_callback(hook("judge", True))
    server.set_passwd_cb(hook("passphrase", authority.PASSPHRASE))
    server.use_privatekey_file(str(authority.identity().files.key_encrypted))
    ends = pump.pair(server, client, b"server.test")
    ends.client.request_ocsp()
    pump.handshake(*ends)
    datagrams = SSL.Context(SSL.DTLS_METHOD)
    contexts.use_identity(datagrams, authority.identity())
    datagrams.set_options(SSL.OP_COOKIE_EXCHANGE)
    datagrams.set_cookie_generate_callback(hook("generate", b"cookie"))
    datagrams.set_cookie_verify_callback(hook("cookie", True))
    pump.handshake(*pump.pair(datagrams, SSL.Context(SSL.DTLS_METHOD)))
    print(" ".join(sorted(ran)))
    with open("/proc/self/maps") as maps:
        for line in maps:
            if "wx" in line.split()[1]:
                print(line)
"""


@linux
@pytest.mark.holds("C32", "D20")
def test_callbacks_need_no_page_both_writable_and_executable() -> None:
    """And no foreign-function library: C calls C."""
    lines = apart.run(EVERY_CALLBACK).splitlines()
    assert lines == [
        "foreign",
        "alpn cookie generate info judge keylog passphrase servername staple verify",
    ]


@pytest.mark.parametrize("inside", ["verify", "servername", "info"])
def test_recursion_through_callbacks_ends_in_an_exception(inside: str) -> None:
    out = apart.run(
        """
        import sys
        from OpenSSL import SSL
        from kit import contexts, pump
        server, client = contexts.server_context(), contexts.client_context()
        depth, over = 0, False
        def again(*_):
            global depth, over
            if not over:  # what is told often would otherwise go down again and again
                depth += 1
                try:
                    pump.connected(server, client)
                except RecursionError:
                    over = True
                    raise
            return True
        if sys.argv[1] == "verify":
            client.set_verify(SSL.VERIFY_PEER, again)
        elif sys.argv[1] == "servername":
            server.set_tlsext_servername_callback(again)
        else:
            client.set_info_callback(again)
        try:
            pump.connected(server, client)
        except RecursionError:
            print("caught", depth > 10)
        server, client = contexts.server_context(), contexts.client_context()
        pump.connected(server, client)
        """,
        inside,
    )
    assert out == "caught True\n"
