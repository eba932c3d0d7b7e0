"""DTLS: a callback without an answer that fails tells the peer."""

import pytest

from kit import pump
from kit.datagrams import cookie_context
from OpenSSL import SSL


class Failing:
    """Hooks without an answer, of either end: the peer is told all the same."""

    def __init__(self, hook, after=0):
        self.hook, self.left, self.failed = hook, after, False
        self.server, self.client = cookie_context(serving=True), cookie_context()

    def fail(self, *arguments):
        if self.left == 0:
            self.failed = True
            raise LookupError(self.hook)
        self.left -= 1

    def outcome(self, side):
        getattr(getattr(self, side), self.hook)(self.fail)
        self.ends = pump.pair(self.server, self.client)
        return pump.handshake_outcome(*self.ends)

    def told(self, side, outcome):
        """The alert that the peer got: 0 is a goodbye, where it was done already."""
        ends, outcomes = list(self.ends), list(outcome)
        if side == "client":
            ends.reverse()
            outcomes.reverse()
        assert isinstance(outcomes[0], LookupError)
        with pytest.raises(SSL.Error, match="aborted by an exception"):
            ends[0].do_handshake()
        if outcomes[1] is None:
            pump.shuttle(ends[0], ends[1])
            with pytest.raises(SSL.ZeroReturnError):
                ends[1].recv(1)
            return 0
        assert isinstance(outcomes[1], SSL.Error)
        return outcomes[1].alert


@pytest.mark.parametrize("side", ["server", "client"])
@pytest.mark.parametrize(
    ("hook", "after"),
    [("set_info_callback", 0), ("set_info_callback", 3)],
)
def test_a_hook_without_an_answer_that_fails_tells_the_peer(side, hook, after):
    failing = Failing(hook, after)
    assert failing.told(side, failing.outcome(side)) == 10  # unexpected_message


@pytest.mark.parametrize("side", ["server", "client"])
def test_a_key_log_that_fails_tells_the_peer(side):
    failing = Failing("set_keylog_callback")
    failing.told(side, failing.outcome(side))


@pytest.mark.parametrize("side", ["server", "client"])
def test_a_hook_that_fails_at_any_step_ends_the_handshake(side):
    steps = 0
    while True:
        failing = Failing("set_info_callback", steps)
        outcome = failing.outcome(side)
        if not failing.failed:
            break
        failing.told(side, outcome)
        steps += 1
    assert outcome == (None, None)
    assert steps > 10
