"""Errors say in words what their arguments, which programs compare, leave out."""

from __future__ import annotations

import copy
import importlib.util
import pickle
import re
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kit import apart, authority, contexts, pump, sockets
from OpenSSL import SSL, _advice, _exceptions, crypto
from OpenSSL._details import ErrorDetail

NEW = sys.version_info >= (3, 11)
FAMILY = [
    *(SSL.Error, SSL.SysCallError, SSL.ZeroReturnError, SSL.WantReadError),
    *(crypto.Error, crypto.X509StoreContextError, crypto.OCSPError),
]


def told(error: BaseException) -> str:
    """What a person sees of the notes."""
    if NEW:
        return "\n".join(getattr(error, "__notes__", ()))
    return str(error)


# ---- what shows them


class Before(_exceptions._Noted):
    """An error of ours as Python 3.10 has it."""


class Both(Before, OSError):
    """As SysCallError is."""


@pytest.mark.parametrize("kind", [Before, Both])
def test_before_python_3_11_notes_are_in_the_words_of_an_error(kind: type[Before]) -> None:
    error = kind(2, "words")
    plain = str(error)
    assert plain == "(2, 'words')"
    error.add_note("more")
    error.add_note("and more")
    for each in (error, copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert str(each) == f"{plain}\nmore\nand more"
        assert each.args == (2, "words")
        assert repr(each) == f"{kind.__name__}(2, 'words')"
        assert each.__notes__ == ["more", "and more"]
    with pytest.raises(TypeError, match="note must be a str, not 'int'"):
        error.add_note(1)  # type: ignore[arg-type]  # that is the point
    assert error.__notes__ == ["more", "and more"]


@pytest.mark.parametrize("kind", FAMILY)
def test_from_python_3_11_on_they_are_pythons_own(kind: type[BaseException]) -> None:
    assert issubclass(kind, _exceptions._Noted) is not NEW
    assert callable(kind.add_note)  # type: ignore[attr-defined, unused-ignore]  # also in 3.10


@pytest.mark.parametrize("kind", [SSL.Error, SSL.SysCallError, crypto.Error])
def test_arguments_stay_what_programs_expect(kind: type[Exception]) -> None:
    error = kind([("library", "", "reason")])
    assert error.args == ([("library", "", "reason")],)
    assert str(error) == str(error.args[0])


# ---- what they say


def client() -> SSL.Context:
    return SSL.Context(SSL.TLS_CLIENT_METHOD)


def encrypted() -> bytes:
    pem = authority.identity().files.key.read_bytes()
    key = crypto.load_privatekey(crypto.FILETYPE_PEM, pem)
    return crypto.dump_privatekey(crypto.FILETYPE_PEM, key, "aes128", b"right")


def mismatch() -> None:
    context = client()
    files = authority.identity().files
    context.use_certificate_chain_file(files.chain)
    context.use_privatekey_file(authority.self_signed().files.key)
    context.check_privatekey()


def verified() -> None:
    certificate = crypto.load_certificate(crypto.FILETYPE_PEM, authority.identity().pem)
    crypto.X509StoreContext(crypto.X509Store(), certificate).verify_certificate()


def key_first() -> SSL.Context:
    context = client()
    context.use_privatekey_file(authority.self_signed().files.key)
    context.use_certificate_chain_file(FILES.chain)
    return context


FILES = authority.identity().files
SETTINGS: dict[str, tuple[Callable[[], object], tuple[str, ...]]] = {
    "a file that is not there": (
        lambda: client().use_privatekey_file("/no/such/file"),
        ("/no/such/file", "No such file or directory"),
    ),
    "trust that is not there": (
        lambda: client().load_verify_locations("/no/such/file"),
        ("/no/such/file", "No such file or directory"),
    ),
    "a group": (lambda: client().set_groups_list("X25519:no-such"), ("no-such",)),
    "a cipher": (lambda: client().set_cipher_list(b"no-such"), ("set_tls13_ciphersuites",)),
    "no PEM": (
        lambda: crypto.load_certificate(crypto.FILETYPE_PEM, b"nonsense"),
        ("no PEM block of the wanted kind",),
    ),
    "a wrong passphrase": (
        lambda: crypto.load_privatekey(crypto.FILETYPE_PEM, encrypted(), b"wrong"),
        ("the passphrase is wrong",),
    ),
    "another key": (mismatch, ("does not belong to that certificate",)),
    "nobody said who is the client": (
        lambda: SSL.Connection(client()).do_handshake(),
        ("set_connect_state",),
    ),
    "nobody said who is the client, and something is read": (
        lambda: SSL.Connection(client()).recv(1),
        ("set_connect_state",),
    ),
    "a certificate where a key is wanted": (
        lambda: client().use_privatekey_file(FILES.chain),
        ("no key of a known kind", str(FILES.chain)),
    ),
    "a key where trust is wanted": (
        lambda: client().load_verify_locations(FILES.key),
        ("another kind of file", str(FILES.key)),
    ),
    "PEM where DER is wanted": (
        lambda: client().use_certificate_file(FILES.chain, SSL.FILETYPE_ASN1),
        ("not DER of the wanted kind", str(FILES.chain)),
    ),
    "a name where content is wanted": (
        lambda: crypto.load_certificate(crypto.FILETYPE_PEM, str(FILES.chain).encode()),
        ("the name of a file where its content is asked for",),
    ),
    "an archive that is none": (
        lambda: crypto.load_pkcs12(b"nonsense", b""),
        ("not DER of the wanted kind",),
    ),
    "a certificate that is not whole": (
        lambda: crypto.dump_certificate(crypto.FILETYPE_ASN1, crypto.X509()),
        ("not set yet",),
    ),
    "a key before the certificate of another": (
        lambda: key_first().check_privatekey(),
        ("did not belong to it",),
    ),
    "a chain": (verified, ("the certificate at depth 0 is that of", "load_verify_locations")),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_that_fails(name: str) -> None:
    call, words = SETTINGS[name]
    with pytest.raises((SSL.Error, crypto.Error, crypto.X509StoreContextError)) as caught:
        call()
    for each in words:
        # From OpenSSL 3.5 on the words about a group are ours, not a note.
        shown = f"{caught.value}\n{told(caught.value)}"
        assert each in shown, shown


#: What loads a file of the user's, and finds something else in it.
LOADERS: dict[str, Callable[[Path], object]] = {
    "certificate": lambda path: client().use_certificate_file(path),
    "chain": lambda path: client().use_certificate_chain_file(path),
    "key": lambda path: client().use_privatekey_file(path),
    "trust": lambda path: client().load_verify_locations(path),
    "authorities of clients": lambda path: client().load_client_ca(path),
    "parameters": lambda path: client().load_tmp_dh(path),
    "logs": lambda path: client().set_ctlog_list_file(path),
    "store": lambda path: crypto.X509Store().load_locations(path),
    "configuration": lambda path: client().configure_file(path),
}


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("kind", ["missing", "nonsense", "folder"])
def test_every_file_is_named(name: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "that.file"
    if kind == "nonsense":
        path.write_bytes(b"[nonsense\n")
    if kind == "folder":
        path.mkdir()
    with pytest.raises((SSL.Error, crypto.Error)) as caught:
        LOADERS[name](path)
    assert str(path) in told(caught.value), told(caught.value)
    lines = told(caught.value).splitlines()
    assert len(lines) == len(set(lines))


def test_a_closed_connection_says_so() -> None:
    with sockets.connected(contexts.server_context(), contexts.client_context()) as (one, _):
        one.close()
        closed = socket.socket()
        closed.close()
        with pytest.raises(SSL.SysCallError) as caught:
            one.send(b"x")
        assert "has been closed" in told(caught.value)
        with pytest.raises(ValueError, match="is the socket closed"):
            SSL.Connection(client(), closed)


def test_what_is_sent_after_a_goodbye_is_refused_in_words() -> None:
    ends = pump.connected(contexts.server_context(), contexts.client_context())
    ends.client.shutdown()
    with pytest.raises(SSL.Error) as caught:
        ends.client.send(b"x")
    assert "sent close_notify" in told(caught.value)


@pytest.mark.skipif(not NEW, reason="exceptions of others have no notes in this Python")
def test_the_stand_in_of_ssl_hands_notes_on(tmp_path: Path) -> None:
    bridge = client().as_ssl_context()
    missing = tmp_path / "no.pem"
    for call, words in (
        (lambda: bridge.load_cert_chain(missing), str(missing)),
        (lambda: bridge.load_cert_chain(FILES.chain, FILES.chain), str(FILES.chain)),
        (lambda: bridge.load_verify_locations(missing), str(missing)),
        (lambda: bridge.load_verify_locations(FILES.key), str(FILES.key)),
    ):
        with pytest.raises(OSError) as caught:  # FileNotFoundError or SSLError
            call()
        assert words in told(caught.value), told(caught.value)


def outcome(server: SSL.Context, client: SSL.Context, host: bytes | None = None) -> pump.Outcome:
    ends = pump.pair(server, client)
    if host:
        ends.client.set_host(host)
    return pump.handshake_outcome(*ends)


def test_a_peer_that_is_not_trusted() -> None:
    stranger = contexts.client_context(verify=False)
    stranger.set_verify(SSL.VERIFY_PEER)
    found = outcome(contexts.server_context(), stranger)
    assert "unable to get local issuer certificate (verify code 20)" in told(found.client)
    assert "set_default_verify_paths" in told(found.client)
    assert "does not trust the authority" in told(found.server)


def test_a_peer_of_another_name() -> None:
    found = outcome(contexts.server_context(), contexts.client_context(), b"other.test")
    assert "hostname mismatch (verify code 62)" in told(found.client)
    assert "set_host" in told(found.client)


def test_nothing_in_common() -> None:
    found = outcome(
        contexts.server_context(version="TLSv1.2"), contexts.client_context(version="TLSv1.3")
    )
    assert "set_min_proto_version" in told(found.server)
    assert "another version of TLS" in told(found.client)


def test_a_client_without_a_certificate() -> None:
    server = contexts.server_context(require_client=True)
    found = outcome(server, contexts.client_context())
    assert "the client has to give one" in told(found.server)


@pytest.mark.parametrize(
    ("text", "words"),
    [(b"GET / HTTP/1.0\r\n\r\n", "spoke HTTP without TLS"), (b"220 hello\r\n", "is not TLS")],
)
def test_a_peer_that_does_not_speak_tls(text: bytes, words: str) -> None:
    server = SSL.Connection(contexts.server_context())
    server.set_accept_state()
    server.bio_write(text)
    with pytest.raises(SSL.Error) as caught:
        server.do_handshake()
    assert words in told(caught.value)


def test_a_transport_that_ends() -> None:
    context = contexts.server_context(), contexts.client_context()
    server, _end = pump.connected(*context)
    server.bio_shutdown()
    with pytest.raises(SSL.SysCallError) as caught:
        server.recv(1)
    assert caught.value.args == (-1, "Unexpected EOF")
    assert "had not sent close_notify" in told(caught.value)
    with sockets.connected(*context) as (one, other):
        sockets.reset(other)
        with pytest.raises(ConnectionResetError) as reset:
            one.recv(1)
    assert "reset by peer" in told(reset.value)


def test_want_states_say_nothing() -> None:
    with pytest.raises(SSL.WantReadError) as caught:
        pump.connected(contexts.server_context(), contexts.client_context()).client.recv(1)
    assert told(caught.value) == ""


def test_advice_names_what_there_is() -> None:
    places = (SSL, SSL.Context, SSL.Connection, crypto, crypto.X509Store)
    names = {name for place in places for name in dir(place)}
    lines = [*_advice._REASONS.values(), *_advice._VERIFICATION.values()]
    named = {each for line in lines for each in re.findall(r"\b(?:set|use|load|add)_\w+", line)}
    assert {"set_host", "add_crl", "use_privatekey_file"} <= named <= names
    assert {each for line in lines for each in re.findall(r"OP_\w+", line)} <= names


def test_one_advice_is_given_once(tmp_path: Path) -> None:
    with pytest.raises(SSL.Error) as caught:
        client().use_privatekey_file(tmp_path)
    lines = told(caught.value).splitlines()
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize("words", ["sslv3", "ssl/tls"])
def test_alerts_have_other_words_in_later_releases_of_openssl(words: str) -> None:
    known = "sslv3 alert bad certificate"
    assert known in _advice._REASONS
    error = SSL.Error([("SSL routines", "", "")])
    reason = known.replace("sslv3", words)
    error.errors = (ErrorDetail(0, "SSL routines", "", reason, 20, 1042, ""),)
    assert _advice.advice(error) == [_advice._REASONS[known]]


def test_alerts_with_advice_are_known_to_openssl() -> None:
    """A name that OpenSSL does not have would never be found."""
    found = set()
    for number in range(10, 121):
        client = SSL.Connection(contexts.client_context(version="TLSv1.2"))
        client.set_connect_state()
        # A fatal alert, as the first that a server says.
        client.bio_write(bytes([21, 3, 3, 0, 2, 2, number]))
        with pytest.raises(SSL.Error) as caught:
            client.do_handshake()
        found.update(each for each in _advice._REASONS.values() if each in told(caught.value))
    advised = {each for name, each in _advice._REASONS.items() if " alert " in name}
    assert len(advised) > 10
    assert advised <= found, advised - found


# ---- what is not installed


@pytest.mark.parametrize(
    ("package", "module", "call"),
    [
        ("cryptography", "OpenSSL.fleet", ""),
        ("valkey", "OpenSSL.fleet", 'OpenSSL.fleet.Valkey("valkey://localhost")'),
        ("anyio", "OpenSSL.aio.anyio", ""),
        ("uvloop", "OpenSSL.aio", "OpenSSL.aio.new_uvloop()"),
        ("cryptography", "OpenSSL.crypto", "OpenSSL.crypto.X509().to_cryptography()"),
    ],
)
def test_what_is_not_installed_is_named_with_a_command(
    package: str, module: str, call: str
) -> None:
    out = apart.run(
        f"""
        import sys

        class Absent:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] == {package!r}:
                    raise ModuleNotFoundError(f"No module named {{name!r}}", name={package!r})

        sys.meta_path.insert(0, Absent())
        try:
            import {module}
            {call or "pass"}
        except ImportError as error:
            print(error, error.name)
        """
    )
    assert out == f"this needs the package {package!r}: pip install {package} {package}\n"


# ---- where there is no room for them


AT_THE_END = """
    import builtins, os
    from kit import authority
    from OpenSSL import SSL, crypto

    certificate = crypto.load_certificate(crypto.FILETYPE_PEM, authority.identity().pem)
    context = SSL.Context(SSL.TLS_METHOD)
    calls = {{
        "chain": crypto.X509StoreContext(crypto.X509Store(), certificate).verify_certificate,
        "data": lambda: crypto.load_certificate(crypto.FILETYPE_PEM, b"nonsense"),
        "file": lambda: context.use_privatekey_file("/no/such/file"),
    }}

    class Last:
        # What it needs is its own: modules are empty by then.
        def __init__(self):
            self.call, self.write = calls["{call}"], os.write

        def __del__(self):
            try:
                self.call()
            except BaseException as error:
                self.write(1, f"{{type(error).__module__}} {{type(error).__name__}}\\n".encode())

    builtins.last = Last()
"""


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("chain", "OpenSSL.crypto X509StoreContextError"),
        ("data", "OpenSSL.crypto Error"),
        ("file", "OpenSSL.SSL Error"),
    ],
)
def test_the_first_error_of_all_at_the_interpreters_end(call: str, kind: str) -> None:
    assert apart.run(AT_THE_END.format(call=call)) == f"{kind}\n"


@pytest.mark.skipif(
    importlib.util.find_spec("_testcapi") is None,
    reason="this interpreter cannot let allocations fail",
)
def test_without_memory_for_words_a_certificate_stays_refused() -> None:
    """Each allocation fails in turn."""
    out = apart.run(
        """
        import _testcapi
        from kit import authority
        from OpenSSL import _advice, crypto

        certificate = crypto.load_certificate(crypto.FILETYPE_PEM, authority.identity().pem)
        call = crypto.X509StoreContext(crypto.X509Store(), certificate).verify_certificate
        outcomes = set()
        for number in range(100):
            error = None
            _testcapi.set_nomemory(number, number + 1)
            try:
                call()
            except BaseException as raised:
                error = raised
            finally:
                _testcapi.remove_mem_hooks()
            outcomes.add(type(error).__name__)
        print(sorted(outcomes))
        """
    )
    # Python itself may lose an exception then, and say so by a SystemError.
    assert out.replace("'SystemError', ", "") == "['MemoryError', 'X509StoreContextError']\n"


def test_without_the_words_an_error_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "OpenSSL._advice", None)
    with pytest.raises(crypto.X509StoreContextError, match="unable to get local issuer"):
        verified()
    with pytest.raises(SSL.Error) as caught:
        client().set_cipher_list(b"no-such")
    assert "set_tls13_ciphersuites" not in told(caught.value)
