"""Making a Context, and what it is made for."""

from __future__ import annotations

import functools
import gc
import ssl
import threading
import weakref

import pytest

from kit import contexts, pump, sockets, verdicts
from OpenSSL import SSL


@pytest.mark.promises("SSLv23_METHOD, TLSv1_METHOD, TLSv1_1_METHOD", "Context")
@pytest.mark.parametrize(
    "name",
    [
        "SSLv23_METHOD", "TLS_METHOD", "TLS_SERVER_METHOD", "TLS_CLIENT_METHOD",
        "TLSv1_METHOD", "TLSv1_1_METHOD", "TLSv1_2_METHOD",
        "DTLS_METHOD", "DTLS_SERVER_METHOD", "DTLS_CLIENT_METHOD",
    ],
)  # fmt: skip
def test_every_protocol(name: str) -> None:
    SSL.Connection(SSL.Context(getattr(SSL, name)))


@pytest.mark.promises("SSLv2_METHOD, SSLv3_METHOD", "OP_NO_SSLv3", "SSLv2_METHOD and SSLv3_METHOD")
@pytest.mark.parametrize("number", [SSL.SSLv2_METHOD, SSL.SSLv3_METHOD, 0, 13, 99, -1])
def test_no_such_protocol(number: int) -> None:
    with pytest.raises(ValueError, match="No such protocol"):
        SSL.Context(number)


@pytest.mark.promises("Context")
@pytest.mark.parametrize("value", ["", None, 1.5, b"TLS"])
def test_a_method_is_an_integer(value: object) -> None:
    with pytest.raises(TypeError, match="method must be an integer"):
        SSL.Context(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["verify_mode", "wrap_bio", "set_alpn_protocols"])
def test_who_takes_it_for_an_ssl_context_is_told_what_to_give(name: str) -> None:
    context = contexts.client_context()
    with pytest.raises(AttributeError, match=r"'Context' object has no .*as_ssl_context\(\)"):
        getattr(context, name)
    assert hasattr(context.as_ssl_context(), name)
    assert not hasattr(context, "nonsense")
    with pytest.raises(AttributeError) as caught:
        context.nonsense  # type: ignore[attr-defined]  # noqa: B018  # that is the point
    assert "ssl" not in str(caught.value)
    assert (caught.value.name, caught.value.obj) == ("nonsense", context)


class Own(SSL.Context):
    """What its property lacks is not the property."""

    @property
    def wrap_socket(self) -> object:
        return self.there_is_none  # type: ignore[attr-defined]


def test_what_a_property_of_a_subclass_lacks_is_named() -> None:
    with pytest.raises(AttributeError, match="'Own' object has no attribute 'there_is_none'$"):
        Own(SSL.TLS_METHOD).wrap_socket  # noqa: B018
    with pytest.raises(AttributeError, match=r"'Own' object has no .*'wrap_bio'.*as_ssl_context"):
        Own(SSL.TLS_METHOD).wrap_bio  # type: ignore[attr-defined]  # noqa: B018


#: What this Python's ssl lets people set on its contexts.
SETTABLE = [
    name
    for name in dir(ssl.SSLContext)
    if not name.startswith("_") and hasattr(getattr(ssl.SSLContext, name), "__set__")
    and name not in ("protocol", "security_level")
]  # fmt: skip


@pytest.mark.differs("attributes of an ssl.SSLContext set on a Context")
@pytest.mark.parametrize("name", [*SETTABLE, "keylog_filename"])
def test_no_setting_of_ssl_is_kept_without_effect(name: str) -> None:
    context = SSL.Context(SSL.TLS_METHOD)
    if isinstance(getattr(SSL.Context, name, None), property):
        setattr(context, name, True)
        assert getattr(context, name) is True
        return
    with pytest.raises(AttributeError, match=f"'{name}' to set: here it is ") as caught:
        setattr(context, name, 1)
    method = str(caught.value).partition("here it is ")[2].partition(";")[0]
    owner = SSL.Connection if method.startswith("Connection.") else SSL.Context
    assert callable(getattr(owner, method.rpartition(".")[2]))
    assert not hasattr(context, name)


def test_a_subclass_may_have_such_settings_and_attributes_of_its_own() -> None:
    class Ruled(SSL.Context):
        verify_mode = property(lambda self: self.mode, lambda self, mode: self.keep(mode))

        def keep(self, mode: int) -> None:
            self.mode = mode

    context = Ruled(SSL.TLS_METHOD)
    context.verify_mode = 2  # type: ignore[assignment]
    assert (context.mode, context.verify_mode) == (2, 2)
    with pytest.raises(AttributeError, match="'Ruled' object has no attribute 'options' to set"):
        context.options = 1  # type: ignore[attr-defined]


@pytest.mark.promises("SSLv23_METHOD, TLSv1_METHOD, TLSv1_1_METHOD")
def test_a_fixed_version_is_the_only_one() -> None:
    server = SSL.Context(SSL.TLSv1_2_METHOD)
    contexts.use_identity(server, contexts.authority.identity())
    _, client = pump.connected(server, contexts.client_context())
    assert client.get_protocol_version_name() == "TLSv1.2"
    outcome = pump.handshake_outcome(*pump.pair(server, contexts.client_context(version="TLSv1.3")))
    assert verdicts.is_protocol_error(outcome.server, "unsupported protocol")


def test_a_client_method_cannot_serve() -> None:
    connection = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD))
    connection.set_accept_state()
    with pytest.raises(SSL.Error):
        connection.do_handshake()


@pytest.mark.promises("Context.get_app_data, Context.set_app_data")
def test_app_data() -> None:
    context = SSL.Context(SSL.TLS_METHOD)
    assert context.get_app_data() is None
    token = object()
    context.set_app_data(token)
    assert context.get_app_data() is token


@pytest.mark.promises("ContextType, ConnectionType")
def test_the_old_names_are_the_classes() -> None:
    assert SSL.ContextType is SSL.Context
    assert SSL.ConnectionType is SSL.Connection


def test_a_ring_through_a_hook_is_collected() -> None:
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_app_data(context)
    context.set_info_callback(functools.partial(print, context))
    gone = weakref.ref(context)
    del context
    gc.collect()
    assert gone() is None


def test_connections_keep_their_context_alive() -> None:
    server, client = contexts.server_context(), contexts.client_context()
    ends = pump.pair(server, client)
    del server, client
    gc.collect()
    pump.handshake(*ends)


@pytest.mark.holds("D24", "C25")
def test_a_context_may_change_while_handshakes_run() -> None:
    """libssl reads a Context's lists without a lock, and a setter frees them."""
    server = contexts.server_context(version="TLSv1.2")
    client = contexts.client_context()
    done = threading.Event()
    changes = 0

    def change() -> None:
        nonlocal changes
        root = contexts.authority.identity().root
        while not done.is_set():
            server.set_cipher_list(b"ECDHE+AESGCM:DHE+AESGCM")
            server.set_cipher_list(b"ECDHE+CHACHA20:ECDHE+AESGCM")
            server.set_tlsext_use_srtp(b"SRTP_AES128_CM_SHA1_80")
            server.add_client_ca(root)
            server.set_client_ca_list([])
            changes += 1

    def shake() -> int:
        for _ in range(40):
            pump.connected(server, client)
        return 40

    changer = sockets.in_thread(change)
    shakers = [sockets.in_thread(shake) for _ in range(3)]
    try:
        assert [each.result(60) for each in shakers] == [40] * 3
    finally:
        done.set()
        changer.result(sockets.PATIENCE)
    assert changes


def test_a_hook_may_change_its_own_context() -> None:
    server = contexts.server_context()
    server.set_tlsext_servername_callback(
        lambda connection: connection.get_context().set_cipher_list(b"ECDHE+AESGCM")
    )
    pump.connected(server, contexts.client_context())
