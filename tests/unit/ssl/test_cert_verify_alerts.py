"""Which alert a peer is sent that a callback refuses."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kit import authority, contexts, pump
from OpenSSL import SSL

CODES = SSL.X509VerificationCodes
NEWEST = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
UNKNOWN = CODES.ERR_APPLICATION_VERIFICATION


def refusing(code: object) -> Callable[..., bool]:
    def refuse(*_arguments: object) -> bool:
        error = SSL.Error([("own list", "", "refused")])
        error.verify_code = code  # type: ignore[assignment]
        raise error

    return refuse


@NEWEST
@pytest.mark.parametrize("serving", [True, False])
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    ("code", "alert"),
    [
        (CODES.ERR_CERT_HAS_EXPIRED, 45),
        (CODES.ERR_CERT_REVOKED, 44),
        (CODES.ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 48),
        (CODES.ERR_CERT_UNTRUSTED, 42),
        (CODES.ERR_INVALID_PURPOSE, 43),
        (None, 40),
        (0, 40),  # X509_V_OK is no reason
        (-1, 40),
        (1 << 80, 40),
        ("23", 40),
    ],
)
def test_an_error_says_what_is_wrong(
    code: object, alert: int, whole: bool, serving: bool, version: str
) -> None:
    server = contexts.server_context(version=version)
    client = contexts.client_context(authority.client_identity(), version=version)
    judge = server if serving else client
    judge.load_verify_locations(authority.trust_file())
    if whole:
        judge.set_verify(SSL.VERIFY_PEER)
        judge.set_cert_verify_callback(refusing(code))
    else:
        judge.set_verify(SSL.VERIFY_PEER, refusing(code))
    ends = pump.pair(server, client)
    outcome = pump.handshake_outcome(*ends)
    judging = ends.server if serving else ends.client
    assert "refused" in str(outcome.server if serving else outcome.client)
    assert judging.get_verify_result() == (code if alert != 40 else UNKNOWN)
    told = outcome.client if serving else outcome.server
    if told is None:  # a client of TLS 1.3 has finished before it is judged
        pump.shuttle(*ends)
        with pytest.raises(SSL.Error) as failed:
            ends.client.recv(1)
        told = failed.value
    assert isinstance(told, SSL.Error)
    if serving or version == "TLSv1.2":  # else the alert is in the clear, and not to be read
        assert (told.alert, told.alert_sent) == (alert, False)
