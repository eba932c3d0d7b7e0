"""What the collector runs in the middle of a call: it may change what the call is looking at.

Up to Python 3.11 an object that is made anywhere may start it, so each script here has it run as
often as it can; later it comes between two lines of Python, and nothing of this can happen.
"""

from __future__ import annotations

import textwrap

import pytest

from kit import apart, scenes

#: What the collector calls, at every object that is made; ``act`` does it, once at a time.
COLLECTOR = """
    import faulthandler, gc, sys
    from kit import authority, contexts, pump, scenes
    from OpenSSL import SSL, crypto
    faulthandler.dump_traceback_later(60, exit=True)
    busy = False
    def often(phase, info):
        global busy
        if not busy:
            busy = True
            try:
                act()
            except (SSL.Error, ValueError, TypeError):
                pass
            finally:
                busy = False
    def begin():
        gc.callbacks.append(often)
        gc.set_threshold(1, 1 << 20, 1 << 20)
    def end():
        gc.callbacks.clear()
        gc.set_threshold(0)
    def names():
        found = []
        for number in range(50):
            name = crypto.X509().get_subject()
            name.CN = str(number)
            found.append(name)
        return found
"""


def run(script: str, *arguments: str) -> str:
    return apart.run(textwrap.dedent(COLLECTOR) + textwrap.dedent(script), *arguments)


@pytest.mark.holds("C27")
@pytest.mark.parametrize("whose", ["context", "connection"])
def test_authorities_that_are_replaced_while_they_are_asked_for(whose: str) -> None:
    out = run(
        """
        context = contexts.server_context()
        connection = SSL.Connection(context, None)
        target = context if sys.argv[1] == "context" else connection
        expected = [str(number) for number in range(50)]
        whole = 0
        for late in range(20):
            target.set_ca_list(names())
            left = late
            def act():
                global left
                left -= 1
                if left < 0:
                    target.set_ca_list([])
            begin()
            found = target.get_ca_list()
            end()
            # Replaced before it looked, or afterwards.
            assert [each.CN for each in found] in ([], expected)
            whole += found != [] and left < 0
        assert whole or sys.version_info >= (3, 12)
        print("good")
        """,
        whose,
    )
    assert out == "good\n"


@pytest.mark.holds("C27")
@pytest.mark.parametrize("end", ["server", "client"])
def test_a_context_that_is_changed_while_its_connection_is_asked(end: str) -> None:
    """Every question there is; a change waits for whoever announced that it is looking."""
    out = run(
        """
        context, other = contexts.server_context(), contexts.client_context()
        for each in (context, other):
            each.set_ca_list(names())
        ends = pump.connected(context, other)
        connection = getattr(ends, sys.argv[1])
        def act():
            context.set_timeout(100)
            other.set_timeout(100)
        asked = 0
        for name in dir(SSL.Connection):
            if name.startswith(("get_", "total_", "pending")) or name.endswith("_random"):
                begin()
                try:
                    getattr(connection, name)()
                except (TypeError, SSL.Error):
                    pass
                end()
                asked += 1
        assert asked > 40
        print("good")
        """,
        end,
    )
    assert out == "good\n"


@pytest.mark.holds("C27")
@pytest.mark.parametrize("version", scenes.ALL)
def test_a_connection_that_changes_contexts_while_it_announces_itself(version: str) -> None:
    """Digesting a Context's rules makes objects; what is set meanwhile must be counted right."""
    out = run(
        """
        for name, version in scenes.cells(sys.argv[1]):
            scene = None
            turn = 0
            scene = scenes.Scene(name, lambda *_: scenes.ANSWERS.get(name, True), version)
            try:
                ends = scene.begin()
            except SSL.Error:
                continue
            made = [scene.server, scene.client]
            other = contexts.blank_context() if version != "DTLSv1.2" else scene.client
            def act():
                global turn
                turn += 1
                made[turn % 2].set_timeout(100 + turn)
                end = ends[turn % 2]
                end.set_context((scene.server, scene.client, other)[turn % 3])
            begin()
            for _ in range(8):
                for each in ends:
                    try:
                        scene.drive(each)
                    except (SSL.Error, ValueError, TypeError):
                        pass
                pump.exchange(*ends)
            end()
            # Whoever was counted twice, or not at all, would be waited for.
            for each in (scene.server, scene.client, other):
                each.set_timeout(7)
        print("good")
        """,
        version,
    )
    assert out == "good\n"
