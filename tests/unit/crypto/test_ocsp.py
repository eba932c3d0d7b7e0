from __future__ import annotations

import copy
import datetime
import pickle
import socket
from pathlib import Path

import pytest
from cryptography.x509 import ocsp

from kit import authority, peers, programs, responses, sockets
from kit.contexts import client_context, server_context
from kit.pump import handshake, handshake_outcome, pair
from OpenSSL import SSL, crypto
from OpenSSL._face.common import library

WHO = authority.identity()
#: From 3.6 on a server of libssl sends only a staple that is about its certificate.
PICKS = library.OpenSSL_version(0) >= b"OpenSSL 3.6"
CHAIN = [crypto.X509.from_cryptography(each) for each in (WHO.certificate, *WHO.intermediates)]


def store() -> crypto.X509Store:
    made = crypto.X509Store()
    made.add_cert(crypto.X509.from_cryptography(authority.authority().root))
    return made


def load(state: str = "good") -> crypto.OCSPResponse:
    return crypto.OCSPResponse.from_bytes(responses.response(WHO, state))


def test_what_a_response_says_is_what_cryptography_reads() -> None:
    for state in ("good", "revoked", "unknown", "stale", "delegated"):
        data = responses.response(WHO, state)
        ours, theirs = crypto.OCSPResponse.from_bytes(data), ocsp.load_der_ocsp_response(data)
        assert ours.to_bytes() == data
        assert ours.response_status == "successful"
        assert ours.produced_at == theirs.produced_at_utc
        (answer,) = ours.answers
        assert answer.serial_number == theirs.serial_number == WHO.certificate.serial_number
        assert answer.hash_algorithm == theirs.hash_algorithm.name
        assert answer.issuer_name_hash == theirs.issuer_name_hash
        assert answer.issuer_key_hash == theirs.issuer_key_hash
        assert answer.status == theirs.certificate_status.name.lower()
        assert answer.this_update == theirs.this_update_utc
        assert answer.next_update == theirs.next_update_utc
        assert answer.revoked_at == theirs.revocation_time_utc
        assert (answer.reason == "keyCompromise") == (state == "revoked")
        assert answer.status in repr(answer)
        assert [each.to_cryptography() for each in ours.certificates] == theirs.certificates
        assert isinstance(ours.responder, crypto.X509Name)
        signer = ours.get_signer()
        assert signer is not None
        assert signer.get_subject() == ours.responder


@pytest.mark.parametrize(("state", "reason"), responses.STATES.items())
def test_only_a_good_answer_is_verified(state: str, reason: str | None) -> None:
    response = load(state)
    if reason is None:
        assert response.verify(CHAIN, store()).status == "good"
        return
    with pytest.raises(crypto.OCSPError) as caught:
        response.verify(CHAIN, store())
    assert caught.value.reason == reason
    assert str(caught.value)


def test_a_revocation_says_since_when_and_why() -> None:
    with pytest.raises(crypto.OCSPError, match="revoked since .* UTC .keyCompromise.") as caught:
        load("revoked").verify(CHAIN, store())
    assert caught.value.answer.revoked_at == responses.NOW - 5 * responses.HOUR
    for again in (copy.copy(caught.value), pickle.loads(pickle.dumps(caught.value))):
        assert (again.reason, again.args) == ("revoked", caught.value.args)


def test_who_signs_must_be_trusted_here() -> None:
    stranger = crypto.X509Store()
    stranger.add_cert(crypto.X509.from_cryptography(authority.stranger_authority().root))
    for trust in (stranger, crypto.X509Store()):
        with pytest.raises(crypto.OCSPError) as caught:
            load().verify(CHAIN, trust)
        assert caught.value.reason == "signature"


def test_clocks_may_differ_a_little() -> None:
    day = 25 * 3600
    assert load("expired").verify(CHAIN, store(), leeway=day)
    assert load("future").verify(CHAIN, store(), leeway=day)


def test_answers_are_found_by_certificate_and_issuer() -> None:
    response = load()
    found = response.find(CHAIN[0], CHAIN[1])
    assert found is not None
    assert found.serial_number == CHAIN[0].get_serial_number()
    assert response.find(CHAIN[1], CHAIN[1]) is None
    other = crypto.X509.from_cryptography(authority.stranger_authority().intermediate)
    assert response.find(CHAIN[0], other) is None
    assert response.find(WHO.certificate, WHO.intermediates[0]) is not None  # type: ignore[arg-type]


def test_what_is_no_response_is_refused() -> None:
    good = responses.response(WHO)
    for data in (b"", b"\x30", b"nonsense", good[:-1], good + b"\0", b"\x30\x03\x0a\x01\x00"):
        with pytest.raises(crypto.Error):
            crypto.OCSPResponse.from_bytes(data)
    for value in (None, "text", 7):
        with pytest.raises(TypeError):
            crypto.OCSPResponse.from_bytes(value)  # type: ignore[arg-type]
    for made in (crypto.OCSPResponse(), crypto.OCSPResponse.__new__(crypto.OCSPResponse)):
        with pytest.raises(ValueError, match="not loaded"):
            made.to_bytes()
        with pytest.raises(ValueError, match="not loaded"):
            _ = made.response_status
        with pytest.raises(ValueError, match="not loaded"):
            _ = made.answers


def test_every_changed_byte_is_refused_or_leaves_the_answer_unverified() -> None:
    good = responses.response(WHO)
    trust = store()
    for place in range(len(good)):
        spoilt = good[:place] + bytes([good[place] ^ 0x55]) + good[place + 1 :]
        try:
            answer = crypto.OCSPResponse.from_bytes(spoilt).verify(CHAIN, trust)
        except (crypto.Error, crypto.OCSPError):
            continue
        # Only what stands outside of the signed part may differ: the certificates.
        assert answer.status == "good"
        assert place > good.index(b"\x18\x0f")


def test_an_unsuccessful_response_has_no_answers() -> None:
    response = load("try-later")
    assert response.response_status == "trylater"
    for ask in (lambda: response.answers, lambda: response.find(*CHAIN), response.get_signer):
        with pytest.raises(ValueError, match="no answer"):
            ask()


def test_wrong_arguments() -> None:
    response = load()
    for chain in ([], CHAIN[:1]):
        with pytest.raises(ValueError, match="issuer"):
            response.verify(chain, store())
    for arguments in ((None, store()), (["a"], store()), (CHAIN, None)):
        with pytest.raises(TypeError):
            response.verify(*arguments)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        response.find(CHAIN[0], None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        response.get_signer(["x"])  # type: ignore[list-item]


def test_requests_ask_about_one_certificate() -> None:
    request = ocsp.load_der_ocsp_request(crypto.ocsp_request(*CHAIN))
    assert request.serial_number == WHO.certificate.serial_number
    assert request.hash_algorithm.name == "sha1"
    found = load().find(*CHAIN)
    assert found is not None
    assert request.issuer_key_hash == found.issuer_key_hash
    other = ocsp.load_der_ocsp_request(crypto.ocsp_request(*CHAIN, "sha256"))
    assert other.hash_algorithm.name == "sha256"
    with pytest.raises(ValueError, match="digest"):
        crypto.ocsp_request(*CHAIN, "no-such")
    with pytest.raises(TypeError):
        crypto.ocsp_request(CHAIN[0], "x")  # type: ignore[arg-type]


def test_responders_and_features_are_read_off_certificates() -> None:
    from cryptography import x509

    where = "http://ocsp.test/x"
    access = x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(
                x509.AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(where)
            )
        ]
    )
    told = authority.authority().issue("told", extensions=[access])
    assert crypto.ocsp_urls(crypto.X509.from_cryptography(told.certificate)) == [where]
    assert crypto.ocsp_urls(CHAIN[0]) == []
    must = crypto.X509.from_cryptography(responses.must_staple().certificate)
    assert crypto.must_staple(must)
    assert not crypto.must_staple(CHAIN[0])
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.24"), b"\x04\x00")
    unreadable = authority.authority().issue("odd", extensions=[odd])
    assert crypto.must_staple(crypto.X509.from_cryptography(unreadable.certificate))


@pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
@pytest.mark.parametrize(("state", "reason"), [*responses.STATES.items(), ("none", None)])
def test_a_context_can_verify_staples(version: int, state: str, reason: str | None) -> None:
    staple = b"" if state == "none" else responses.response(WHO, state)
    for required in (False, True):
        expected = reason
        if state == "none" or (state == "other-certificate" and PICKS):
            expected = "missing" if required else None
        outcome = _outcome(WHO, staple, version, required)
        if expected is None:
            assert outcome.client is None, (state, outcome)
        else:
            assert isinstance(outcome.client, crypto.OCSPError)
            assert outcome.client.reason == expected
            assert isinstance(outcome.server, SSL.Error)
            assert outcome.server.alert is not None


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_staple_about_another_certificate_is_refused(version: str, tmp_path: Path) -> None:
    """Sent by a server that does not look at it, as all do before OpenSSL 3.6."""
    if programs.openssl_version() >= (3, 6):
        pytest.skip("this openssl program sends a staple about its own certificate alone")
    file = tmp_path / "staple"
    file.write_bytes(responses.response(WHO, "other-certificate"))
    context = client_context(version=version)
    context.set_ocsp_verify(False)
    with (
        peers.openssl_server(WHO, "-status_file", str(file), version=version) as server,
        socket.create_connection((sockets.LOOPBACK, server.port)) as sock,
        sockets.client_end(context, sock) as end,
        pytest.raises(crypto.OCSPError) as caught,
    ):
        end.do_handshake()
    assert caught.value.reason == "other-certificate"


def _outcome(who: authority.Identity, staple: bytes, version: int, required: bool):  # type: ignore[no-untyped-def]
    there, here = server_context(who), client_context()
    there.set_ocsp_server_callback(lambda connection, data: staple)
    here.set_ocsp_verify(required)
    for context in (there, here):
        context.set_min_proto_version(version)
        context.set_max_proto_version(version)
    return handshake_outcome(*pair(there, here))


def test_a_certificate_that_must_be_stapled_is_refused_without() -> None:
    who = responses.must_staple()
    for staple, expected in ((b"", "missing"), (responses.response(who), None)):
        outcome = _outcome(who, staple, SSL.TLS1_3_VERSION, required=False)
        assert getattr(outcome.client, "reason", None) == expected


@pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
def test_a_session_stands_for_no_other_staple(version: int) -> None:
    there, here = server_context(WHO), client_context()
    staple = responses.response(WHO)
    there.set_ocsp_server_callback(lambda connection, data: staple)
    here.set_ocsp_verify(required=True)
    there.set_max_proto_version(version)
    server, client = pair(there, here)
    handshake(server, client)
    server.send(b"x")
    client.bio_write(server.bio_read(65536))
    client.recv(1)
    session = client.get_session()
    assert session is not None
    server, client = pair(there, here)
    client.set_session(session)
    handshake(server, client)
    assert not client.session_reused()
    staple = b""
    server, client = pair(there, here)
    client.set_session(session)
    assert isinstance(handshake_outcome(server, client).client, crypto.OCSPError)


def test_the_policy_takes_a_bool() -> None:
    with pytest.raises(TypeError):
        client_context().set_ocsp_verify(1)  # type: ignore[arg-type]


def test_times_are_in_utc() -> None:
    answer = load().answers[0]
    assert answer.this_update is not None
    assert answer.this_update.tzinfo is datetime.timezone.utc
