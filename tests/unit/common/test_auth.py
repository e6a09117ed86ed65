from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from rapport import auth
from rapport.auth import Principal, TokenVerifier, mint_token, permissions_of, requires
from rapport.errors import Unauthenticated
from rapport.roles import PERMISSIONS, ROLES
from rapport.settings import DEVELOPMENT_KEY, ServiceSettings


def settings(**given: Any) -> ServiceSettings:
    return ServiceSettings(**{"database_url": "postgresql://db/x", "port": 1, "worker_port": 2, **given})


def mint(**given: Any) -> str:
    return mint_token(
        DEVELOPMENT_KEY, **{"roles": ["branch_agent"], "subject": "ann", "org": "/north/branch-7", **given}
    )


def signed(claims: dict[str, Any], key: OctKey | RSAKey, algorithm: str, **header: str) -> str:
    return jwt.encode({"alg": algorithm, **header}, claims, key, algorithms=[algorithm])


def claims(**given: Any) -> dict[str, Any]:
    return {"sub": "ann", "roles": ["operator"], "aud": "rapport", "exp": int(time.time()) + 60, **given}


class TestTokenVerifier:
    def test_knows_who_a_minted_token_speaks_for(self) -> None:
        caller = TokenVerifier(settings()).verify(mint())
        assert (caller.subject, caller.roles, caller.org) == ("ann", ("branch_agent",), "/north/branch-7")
        assert caller.permissions == ROLES["branch_agent"]

    def test_adds_up_the_permissions_of_all_roles(self) -> None:
        caller = TokenVerifier(settings()).verify(mint(roles=["policy_editor", "policy_approver"]))
        assert {"touchpoint.policy.edit", "touchpoint.policy.approve"} <= caller.permissions

    @pytest.mark.parametrize(
        "refused",
        [
            pytest.param(lambda: mint(audience="another"), id="for another audience"),
            pytest.param(lambda: mint_token("k" * 32, roles=["operator"], subject="ann"), id="signed with another key"),
            pytest.param(lambda: mint()[:-6] + "AAAAAA", id="with an altered signature"),
            pytest.param(lambda: _with_claims(mint(), roles=["operator"]), id="with altered claims"),
            pytest.param(lambda: _with_header(mint(), alg="none"), id="claiming no algorithm"),
            pytest.param(lambda: _with_header(mint(), alg="none").rpartition(".")[0] + ".", id="unsigned"),
            pytest.param(lambda: _hmac(claims(), "HS512"), id="signed with an algorithm we do not expect"),
            pytest.param(lambda: _hmac({k: v for k, v in claims().items() if k != "exp"}), id="that never expires"),
            pytest.param(lambda: _hmac({k: v for k, v in claims().items() if k != "aud"}), id="for nobody"),
            pytest.param(lambda: _hmac(claims(exp=float("inf"))), id="that expires at infinity"),
            pytest.param(lambda: _hmac(claims(exp="2099-01-01")), id="that expires on a text"),
            pytest.param(lambda: _hmac(claims(nbf=int(time.time()) + 60)), id="not valid yet"),
            pytest.param(lambda: _hmac(claims(roles="operator")), id="whose roles are no list"),
            pytest.param(lambda: _hmac(claims(sub="")), id="without a subject"),
            pytest.param(lambda: _hmac(claims(sub="a\nb")), id="whose subject breaks a log line"),
            pytest.param(lambda: _hmac(claims(org="north")), id="whose unit is no path"),
            pytest.param(lambda: "not.a.token", id="that is none"),
            pytest.param(lambda: "ä.ö.ü", id="that is not even ASCII"),
            pytest.param(lambda: mint() + "." + "x" * 9000, id="too long to look at"),
        ],
    )
    def test_refuses_a_token(self, refused: Callable[[], str]) -> None:
        with pytest.raises(Unauthenticated) as raised:
            TokenVerifier(settings()).verify(refused())
        assert raised.value.detail == "the token is not valid"

    def test_says_when_a_token_has_expired(self) -> None:
        with pytest.raises(Unauthenticated, match="expired"):
            TokenVerifier(settings()).verify(mint(lifetime=timedelta(seconds=-1)))

    def test_measures_expiry_by_the_machine_even_for_a_token_it_knows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        verifier, token, began = TokenVerifier(settings()), mint(lifetime=timedelta(seconds=60)), time.time()
        verifier.verify(token)
        monkeypatch.setattr(time, "time", lambda: began + 61)
        with pytest.raises(Unauthenticated, match="expired"):
            verifier.verify(token)

    def test_verifies_a_token_it_knows_without_looking_at_the_signature(self, monkeypatch: pytest.MonkeyPatch) -> None:
        verifier, token = TokenVerifier(settings()), mint()
        first = verifier.verify(token)
        monkeypatch.setattr(jwt, "decode", None)
        assert verifier.verify(token) is first

    def test_remembers_a_bounded_number_of_tokens(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(auth, "_CACHED_TOKENS", 10)
        verifier = TokenVerifier(settings())
        for number in range(50):
            verifier.verify(mint(subject=f"user-{number}"))
        assert 0 < len(verifier._known) <= 10


class TestPublicKeys:
    def test_verify_what_the_identity_provider_signed(self, tmp_path: Path) -> None:
        key, verifier = _provider(tmp_path)
        assert verifier.verify(signed(claims(), key, "RS256", kid="k1")).subject == "ann"

    def test_put_the_shared_key_out_of_use(self, tmp_path: Path) -> None:
        _, verifier = _provider(tmp_path)
        with pytest.raises(Unauthenticated):
            verifier.verify(mint())

    def test_are_never_taken_for_a_shared_key(self, tmp_path: Path) -> None:
        key, verifier = _provider(tmp_path)
        confused = OctKey.import_key(base64.b64encode(key.as_pem(private=False)).decode())
        with pytest.raises(Unauthenticated):
            verifier.verify(signed(claims(), confused, "HS256", kid="k1"))

    def test_verify_nothing_signed_with_another_key_of_the_same_name(self, tmp_path: Path) -> None:
        _, verifier = _provider(tmp_path)
        with pytest.raises(Unauthenticated):
            verifier.verify(signed(claims(), RSAKey.generate_key(2048, {"kid": "k1"}), "RS256", kid="k1"))

    def test_are_read_again_when_the_file_changes(self, tmp_path: Path) -> None:
        old, verifier = _provider(tmp_path)
        new = RSAKey.generate_key(2048, {"kid": "k2"})
        _publish(tmp_path / "jwks.json", new, at=time.time() + 5)
        assert verifier.verify(signed(claims(), new, "RS256", kid="k2")).subject == "ann"
        with pytest.raises(Unauthenticated):
            verifier.verify(signed(claims(), old, "RS256", kid="k1"))

    def test_stay_when_the_file_is_broken_for_a_moment(self, tmp_path: Path) -> None:
        key, verifier = _provider(tmp_path)
        (tmp_path / "jwks.json").write_text("{")
        assert verifier.verify(signed(claims(), key, "RS256", kid="k1")).subject == "ann"

    def test_must_be_there_at_the_start(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            TokenVerifier(settings(jwks_file=tmp_path / "none.json"))

    def test_must_hold_an_rsa_key(self, tmp_path: Path) -> None:
        keys = KeySet([OctKey.import_key("k" * 32, {"kid": "k1"})])
        (tmp_path / "jwks.json").write_text(json.dumps(keys.as_dict(private=True)))
        with pytest.raises(ValueError, match="no RSA key"):
            TokenVerifier(settings(jwks_file=tmp_path / "jwks.json"))


class TestMintToken:
    def test_refuses_a_role_nobody_knows(self) -> None:
        with pytest.raises(ValueError, match="unknown role king"):
            mint(roles=["operator", "king"])


class TestPrincipal:
    @pytest.mark.parametrize(
        ("own", "org", "covered"),
        [
            ("/", "/north/branch-7", True),
            ("/north", "/north", True),
            ("/north", "/north/branch-7", True),
            ("/north", "/northern", False),
            ("/north/branch-7", "/north", False),
            ("/south", "/north/branch-7", False),
        ],
    )
    def test_covers_its_unit_and_those_below(self, own: str, org: str, covered: bool) -> None:
        assert Principal("ann", (), own, frozenset()).covers(org) is covered


class TestRoles:
    def test_a_role_nobody_knows_grants_nothing(self) -> None:
        assert permissions_of(("king",)) == frozenset()

    def test_no_role_may_do_everything(self) -> None:
        assert all(granted < PERMISSIONS for granted in ROLES.values())

    @pytest.mark.parametrize("role", ["operator", "compliance"])
    def test_who_looks_after_the_system_sees_no_personal_data_and_changes_none(self, role: str) -> None:
        verbs = {permission.rpartition(".")[2] for permission in ROLES[role]}
        assert verbs <= {"read", "fields", "timeline", "events", "explain", "replay", "rebuild"}

    @pytest.mark.parametrize("kind", ["campaign", "touchpoint.policy"])
    def test_no_role_both_edits_and_approves(self, kind: str) -> None:
        assert not [role for role, granted in ROLES.items() if {f"{kind}.edit", f"{kind}.approve"} <= granted]

    def test_a_route_cannot_require_what_no_role_grants(self) -> None:
        with pytest.raises(ValueError, match="no role grants"):
            requires("touchpoint.pop_up")


def _hmac(found: dict[str, Any], algorithm: str = "HS256") -> str:
    return signed(found, OctKey.import_key(DEVELOPMENT_KEY), algorithm)


def _part(found: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(found).encode()).rstrip(b"=").decode()


def _read(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def _with_claims(token: str, **changed: Any) -> str:
    head, body, signature = token.split(".")
    return f"{head}.{_part({**_read(body), **changed})}.{signature}"


def _with_header(token: str, **changed: Any) -> str:
    head, body, signature = token.split(".")
    return f"{_part({**_read(head), **changed})}.{body}.{signature}"


def _publish(path: Path, key: RSAKey, *, at: float) -> None:
    path.write_text(json.dumps(KeySet([key]).as_dict(private=False)))
    os.utime(path, (at, at))


def _provider(folder: Path) -> tuple[RSAKey, TokenVerifier]:
    key = RSAKey.generate_key(2048, {"kid": "k1"})
    _publish(folder / "jwks.json", key, at=time.time() - 5)
    return key, TokenVerifier(settings(jwks_file=folder / "jwks.json"))
