"""Options and modes."""

import pytest

from kit import contexts
from OpenSSL import SSL

AUTO_RETRY = 4


@pytest.fixture(params=["context", "connection"])
def subject(request):
    """Either kind of object that has options and modes."""
    context = contexts.blank_context()
    return context if request.param == "context" else SSL.Connection(context, None)


class TestOptions:
    @pytest.mark.promises("Context.set_options")
    def test_setting_adds_and_answers_the_new_set(self, subject):
        before = subject.get_options()
        after = subject.set_options(SSL.OP_NO_TICKET)
        assert after == before | SSL.OP_NO_TICKET
        assert subject.get_options() == after
        assert subject.set_options(0) == after

    def test_clearing_takes_away(self, subject):
        subject.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_TLSv1_2)
        after = subject.clear_options(SSL.OP_NO_TICKET)
        assert not after & SSL.OP_NO_TICKET
        assert after & SSL.OP_NO_TLSv1_2
        assert subject.get_options() == after

    def test_all_64_bits_are_kept(self, subject):
        highest = 1 << 63
        assert subject.set_options(highest) & highest
        assert subject.get_options() & highest
        assert not subject.clear_options(highest) & highest

    @pytest.mark.parametrize("name", ["set_options", "clear_options"])
    @pytest.mark.parametrize("value", [-1, 1 << 64])
    def test_what_does_not_fit_is_refused(self, subject, name, value):
        before = subject.get_options()
        with pytest.raises(OverflowError):
            getattr(subject, name)(value)
        assert subject.get_options() == before

    @pytest.mark.parametrize("name", ["set_options", "clear_options"])
    @pytest.mark.parametrize("value", [None, "1", 1.0, object()])
    def test_only_integers(self, subject, name, value):
        with pytest.raises(TypeError, match="options must be an integer"):
            getattr(subject, name)(value)

    def test_a_connection_begins_with_its_contexts_options_and_goes_its_own_way(self):
        context = contexts.blank_context()
        context.set_options(SSL.OP_NO_TLSv1_2)
        connection = SSL.Connection(context, None)
        assert connection.get_options() & SSL.OP_NO_TLSv1_2
        connection.set_options(SSL.OP_NO_TICKET)
        assert not context.get_options() & SSL.OP_NO_TICKET


class TestModes:
    @pytest.mark.promises("Context.set_mode")
    def test_setting_adds_and_clearing_takes_away(self, subject):
        assert subject.set_mode(SSL.MODE_RELEASE_BUFFERS) & SSL.MODE_RELEASE_BUFFERS
        assert subject.get_mode() & SSL.MODE_RELEASE_BUFFERS
        assert not subject.clear_mode(SSL.MODE_RELEASE_BUFFERS) & SSL.MODE_RELEASE_BUFFERS
        assert not subject.get_mode() & SSL.MODE_RELEASE_BUFFERS

    def test_other_modes_stay(self, subject):
        before = subject.get_mode()
        assert before & AUTO_RETRY
        subject.set_mode(SSL.MODE_RELEASE_BUFFERS)
        assert subject.clear_mode(SSL.MODE_RELEASE_BUFFERS) == before

    @pytest.mark.parametrize("name", ["set_mode", "clear_mode"])
    @pytest.mark.parametrize("value", [-1, 1 << 32])
    def test_what_does_not_fit_is_refused(self, subject, name, value):
        with pytest.raises(OverflowError):
            getattr(subject, name)(value)

    @pytest.mark.parametrize("name", ["set_mode", "clear_mode"])
    @pytest.mark.parametrize("value", [None, "1", 1.0])
    def test_only_integers(self, subject, name, value):
        with pytest.raises(TypeError, match="must be an integer"):
            getattr(subject, name)(value)
