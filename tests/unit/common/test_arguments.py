"""The argument checks that all faces share."""

import functools
import os
import pathlib
import warnings

import pytest

from OpenSSL._face.common import arguments


def face_method(value):
    return arguments.text_to_bytes("buf", value)


class TestTextToBytes:
    def test_bytes_are_answered_themselves(self):
        value = b"as it is"
        assert face_method(value) is value

    @pytest.mark.parametrize("kind", [bytearray, memoryview])
    def test_other_bytes_like_objects_are_copied(self, kind):
        answer = face_method(kind(b"abc"))
        assert answer == b"abc"
        assert type(answer) is bytes

    def test_text_is_encoded_with_a_warning_at_the_callers_line(self):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            answer = face_method("gr\u00fc\u00df")
        assert answer == b"gr\xc3\xbc\xc3\x9f"
        (warning,) = caught
        assert warning.category is DeprecationWarning
        assert str(warning.message) == "str for buf is no longer accepted, use bytes"
        assert os.path.basename(warning.filename) == os.path.basename(__file__)
        with open(__file__) as source:
            line = source.read().splitlines()[warning.lineno - 1]
        assert line.strip().startswith("answer = face_method(")

    @pytest.mark.parametrize("value", [None, 7, ["a"], object()])
    def test_anything_else_is_refused(self, value):
        with pytest.raises(TypeError, match="^buf must be a byte string"):
            face_method(value)


class TestPathBytes:
    @pytest.mark.parametrize("kind", [str, os.fsencode, pathlib.PurePosixPath])
    def test_every_kind_of_path(self, kind):
        assert arguments.path_bytes(kind("/some/where")) == b"/some/where"

    def test_undecodable_names_survive(self):
        name = b"/caf\xe9"
        assert arguments.path_bytes(os.fsdecode(name)) == name

    @pytest.mark.parametrize("value", ["a\0b", b"a\0b"])
    def test_nul_is_refused(self, value):
        with pytest.raises(ValueError, match="NUL"):
            arguments.path_bytes(value)

    @pytest.mark.parametrize("value", [None, 3, object(), bytearray(b"x")])
    def test_anything_else_is_refused(self, value):
        with pytest.raises(TypeError, match="path"):
            arguments.path_bytes(value)


class TestInteger:
    def test_ints_are_answered(self):
        assert arguments.integer("mode", 2**70) == 2**70

    @pytest.mark.parametrize("value", [None, "3", 3.0, b"3"])
    def test_anything_else_is_refused(self, value):
        with pytest.raises(TypeError, match=r"^mode must be an integer, not \w+$"):
            arguments.integer("mode", value)


class TestHook:
    @pytest.mark.differs("a coroutine function as a callback")
    @pytest.mark.parametrize("kind", ["function", "method", "partial", "object", "generator"])
    def test_what_would_have_to_be_awaited_is_refused(self, kind):
        class Asks:
            async def __call__(self):
                return True

            async def ask(self):
                return True

            async def ask_often(self):
                yield True

        value = {
            "function": Asks.ask,
            "method": Asks().ask,
            "partial": functools.partial(Asks().ask),
            "object": Asks(),
            "generator": Asks().ask_often,
        }[kind]
        with pytest.raises(TypeError, match="cannot wait for a coroutine$"):
            arguments.hook("callback", value)

    def test_callables_and_none_are_answered(self):
        assert arguments.hook("callback", len) is len
        assert arguments.hook("callback", None) is None

    @pytest.mark.parametrize("value", [0, 42, "name", object()])
    def test_anything_else_is_refused(self, value):
        with pytest.raises(TypeError, match=r"^callback must be callable, not \w+$"):
            arguments.hook("callback", value)
