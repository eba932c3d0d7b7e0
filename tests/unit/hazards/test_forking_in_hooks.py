"""A program that forks inside a hook: both processes go on, or end; nothing is said twice."""

from __future__ import annotations

import os

import pytest

from kit import apart, scenes

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

#: One scene, in a process of its own; ``in_child`` is what the child does inside the hook.
SCRIPT = """
    import atexit, faulthandler, gc, os, sys, warnings
    from kit import pump, scenes
    from OpenSSL import SSL
    warnings.simplefilter("ignore", DeprecationWarning)  # of forks among threads
    version, how = sys.argv[1:]

    def exit(scene):
        raise SystemExit(0)

    def use(scene):
        for end in scene.ends:
            for name in ("pending", "get_cipher_name", "get_session", "get_peer_certificate",
                         "get_state_string", "shutdown", "do_handshake"):
                try:
                    getattr(end, name)()
                except SSL.Error:
                    pass
            for call in (lambda: end.recv(10), lambda: end.send(b"x")):
                try:
                    call()
                except SSL.Error:
                    pass
        for context in (scene.server, scene.client):
            try:
                context.set_timeout(3)
            except SSL.Error as error:
                assert "callback" in str(error), error
        os._exit(0)

    def again(scene):
        # A handshake of its own, with everything it was forked with.
        ours, theirs, _ = scenes.Scene(name, lambda *_: answer, version).run()
        os._exit(0 if good(ours) and good(theirs) else 5)

    def go_on(scene):
        pass

    def good(error):
        return error is None or isinstance(error, SSL.WantReadError)

    def one(name, version):
        answer = scenes.ANSWERS.get(name, True)
        forked = []

        def hook(*_):
            if not forked:
                child = os.fork()
                forked.append(child)
                if child == 0:
                    faulthandler.dump_traceback_later(50, exit=True)
                    atexit._clear()  # the kit's files are the parent's
                    in_child(scene)
                elif how != "go_on":
                    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, name
            return answer

        scene = scenes.Scene(name, hook, version)
        ours, theirs, _ = scene.run()
        if forked[0] == 0 and isinstance(ours, SystemExit):
            raise ours
        if version == scenes.DATAGRAMS and isinstance(ours, TimeoutError):
            # The child took longer than a flight may: it is sent once more.
            pump.handshake(*scene.ends)
            ours = theirs = None
        assert good(ours) and good(theirs), (name, forked[0] == 0, ours, theirs)
        assert pump.transfer(scene.ends.client, scene.ends.server, b"data") == b"data"
        if forked[0] == 0:
            sys.exit(0)  # with all that there is to tear down
        if how == "go_on":
            assert os.waitstatus_to_exitcode(os.waitpid(forked[0], 0)[1]) == 0, name

    in_child = globals()[how]
    gc.freeze()  # a child that ends copies no memory for what was only imported
    for name, version in scenes.cells(version):
        answer = scenes.ANSWERS.get(name, True)
        one(name, version)
    print("good")
"""


@pytest.mark.holds("C29")
@pytest.mark.parametrize("version", scenes.ALL)
@pytest.mark.parametrize("how", ["exit", "use", "again", "go_on"])
def test_a_child_made_in_each_hook(version: str, how: str) -> None:
    assert apart.run(SCRIPT, version, how) == "good\n"


@pytest.mark.holds("C29")
@pytest.mark.parametrize("hook", ["info", "verify", "keylog", "message"])
def test_a_child_that_ends_in_a_hook_leaves_the_socket_alone(hook: str) -> None:
    """Of what the child's interpreter tears down nothing reaches the peer."""
    out = apart.run(
        """
        import os, sys, warnings
        from kit import contexts, sockets
        from OpenSSL import SSL
        warnings.simplefilter("ignore", DeprecationWarning)
        context = contexts.client_context()
        forked = []
        def fork(*_):
            if not forked:
                forked.append(os.fork())
                if forked[0] == 0:
                    os._exit(0)
                assert os.waitpid(forked[0], 0)[1] == 0
            return True
        if sys.argv[1] == "verify":
            context.set_verify(SSL.VERIFY_PEER, fork)
        else:
            getattr(context, f"set_{sys.argv[1]}_callback")(fork)
        with sockets.connected(contexts.server_context(), context) as (server, client):
            client.sendall(b"unharmed")
            assert server.recv(100) == b"unharmed"
            server.sendall(b"both ways")
            assert client.recv(100) == b"both ways"
        assert forked
        print("good")
        """,
        hook,
    )
    assert out == "good\n"
