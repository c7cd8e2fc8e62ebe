"""Rules of a provider's documents, tokens and claims, without a provider."""

from collections.abc import Mapping
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from alarm_center.identity import oidc
from alarm_center.identity.oidc import SignInFault, SignInRefused, SignInSecrets
from alarm_center.oidc_settings import OidcProvider

ISSUER = "https://idp.example.se"
AT = 1_800_000_000
DOCUMENT: Mapping[str, Any] = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
    "end_session_endpoint": f"{ISSUER}/out",
}
RSA = RSAKey.generate_key(2048)
EC = ECKey.generate_key("P-256")


def provider(**given: Any) -> OidcProvider:
    said = {"name": "idp", "title": "IdP", "issuer": ISSUER, "client_id": "us", "client_secret": "s"}
    return OidcProvider.model_validate({**said, **given})


def signed(alg: str, key: RSAKey | ECKey, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
    said = {"iss": ISSUER, "aud": "us", "sub": "x", "iat": AT, "exp": AT + 300, "nonce": "n", **claims}
    return jwt.encode({"alg": alg, **(header or {})}, said, key, algorithms=[alg])


def fault(token: str, key: RSAKey | ECKey, at: int = AT, **given: Any) -> SignInFault:
    with pytest.raises(SignInRefused) as refused:
        oidc.verify_id_token(provider(**given), KeySet([key]), token, "n", None, at)
    return refused.value.fault


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://elsewhere.example"},
        {"issuer": f"{ISSUER}/"},
        {"token_endpoint": "http://idp.example.se/token"},
        {"token_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://user:pass@idp.example.se/"},
    ],
)
def test_a_document_that_is_not_the_providers_is_refused(change: Mapping[str, Any]) -> None:
    with pytest.raises(SignInRefused):
        oidc.read_document(provider(), {**DOCUMENT, **change})


def test_a_document_is_read_and_a_bad_way_out_left_out() -> None:
    assert oidc.read_document(provider(), DOCUMENT).end_session_endpoint == f"{ISSUER}/out"
    bad = {**DOCUMENT, "end_session_endpoint": "http://elsewhere.example"}
    assert oidc.read_document(provider(), bad).end_session_endpoint is None
    with pytest.raises(SignInRefused):
        oidc.read_document(provider(), [])


def test_keys_are_public_asymmetric_and_for_signing() -> None:
    entries = [
        OctKey.generate_key(256).as_dict(private=True),
        {**RSA.as_dict(private=False), "use": "enc", "kid": "enc"},
        {"kty": "RSA", "n": "!", "e": "AQAB"},
        {"kty": "AKP"},
        "no key",
        {**EC.as_dict(private=False), "kid": "ec"},
    ]
    assert [key.kid for key in oidc.read_keys({"keys": entries})] == ["ec"]
    documents: list[object] = [{}, {"keys": []}, {"keys": entries[:5]}, None]
    for nothing in documents:
        with pytest.raises(SignInRefused):
            oidc.read_keys(nothing)


@pytest.mark.parametrize(("alg", "key"), [("RS256", RSA), ("PS256", RSA), ("ES256", EC)])
def test_each_allowed_algorithm_verifies(alg: str, key: RSAKey | ECKey) -> None:
    claims = oidc.verify_id_token(provider(), KeySet([key]), signed(alg, key), "n", None, AT)
    assert claims["sub"] == "x"


def test_an_algorithm_that_is_not_listed_is_refused() -> None:
    assert fault(signed("RS512", RSA), RSA) is SignInFault.ALGORITHM
    assert fault(signed("PS256", RSA), RSA, algorithms=["RS256"]) is SignInFault.ALGORITHM
    assert fault(signed("RS256", RSA), EC) is SignInFault.SIGNATURE, "a key of another kind"
    assert fault(signed("RS256", RSA), RSAKey.generate_key(2048)) is SignInFault.SIGNATURE


def test_a_clock_may_be_a_minute_off_and_no_more() -> None:
    token = signed("ES256", EC)
    for at in (AT - 60, AT + 359):
        oidc.verify_id_token(provider(), KeySet([EC]), token, "n", None, at)
    assert fault(token, EC, AT - 61) is SignInFault.NOT_YET
    assert fault(token, EC, AT + 360) is SignInFault.EXPIRED


def test_an_issuer_in_an_answer_is_the_one_that_was_asked() -> None:
    silent = oidc.read_document(provider(), DOCUMENT)
    says = oidc.read_document(provider(), {**DOCUMENT, "authorization_response_iss_parameter_supported": True})
    oidc.check_answer_issuer(silent, None)
    oidc.check_answer_issuer(says, ISSUER)
    for document, said in ((silent, "https://x.example"), (says, "https://x.example"), (says, None)):
        with pytest.raises(SignInRefused):
            oidc.check_answer_issuer(document, said)


def test_secrets_of_a_request_follow_from_cookie_and_state() -> None:
    one = SignInSecrets.of("cookie", "state")
    assert one == SignInSecrets.of("cookie", "state")
    others = [SignInSecrets.of("cookie", "other"), SignInSecrets.of("other", "state")]
    assert len({one.nonce, one.verifier, *(each.nonce for each in others), *(each.verifier for each in others)}) == 6
    assert 43 <= len(one.verifier) <= 128, "RFC 7636"


def test_a_subject_is_known_by_key_and_issuer() -> None:
    one = oidc.subject_hash("k", ISSUER, "191212121212")
    assert one == oidc.subject_hash("k", ISSUER, " 191212121212\n")
    assert (
        len({one, oidc.subject_hash("l", ISSUER, "191212121212"), oidc.subject_hash("k", "https://x", "191212121212")})
        == 3
    )


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("a", ["a"]),
        (["b", "a", "b", "z"], ["b", "a"]),
        ([{"id": "a"}, {"id": ["b"]}, {"name": "b"}, 7, None], ["a"]),
        ({"id": "b"}, ["b"]),
        (None, []),
        (["A"], []),
    ],
)
def test_claims_are_assignments_by_the_table_alone(said: object, values: list[str]) -> None:
    table = {each: {"org": "vik", "roles": ["operator"]} for each in ("a", "b")}
    given = provider(assignment_claim="groups", assignment_key="id", assignments=table)
    found = oidc.identity_of(given, {"sub": "x", "groups": said}, "k")
    assert [offer.value for offer in found.offers] == values


def test_a_subject_that_is_no_text_is_nobody() -> None:
    for subject in (None, "", " ", 7, ["x"]):
        with pytest.raises(SignInRefused):
            oidc.identity_of(provider(), {"sub": subject}, "k")
