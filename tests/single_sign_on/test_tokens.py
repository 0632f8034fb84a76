"""Whatever somebody sends in the place of a provider's token, at a real API and a real provider."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from iman.api.app import PREFIX
from iman.api.people import Passwords
from iman.domain.people import Reach, Role
from iman.domain.single_sign_on import GroupRole
from iman.errors import DaemonRefused, NotSignedIn
from iman.gateways import oidc
from iman.gateways.oidc import OpenIdProvider, Provider
from iman.ledger.offline import OfflinePeople
from iman.ledger.provider_accounts import NO_PASSWORD
from tests.api.serving import PASSWORDS, Served, serving
from tests.single_sign_on.conftest import RunningProvider
from tests.single_sign_on.provider import CLIENT

MAPPING = (
    GroupRole(group="Iman admins", role=Role.ADMIN),
    GroupRole(group="Iman managers", role=Role.MANAGER),
    GroupRole(group="HGH clerks", role=Role.SUPPORT, reach=Reach(sites=("HGH",))),
    GroupRole(group="MEM clerks", role=Role.SUPPORT, reach=Reach(sites=("MEM",))),
)


class Clock:
    """Monotonic seconds that a test moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@contextmanager
def known_to(
    provider: RunningProvider,
    clock: Clock,
    *,
    claim: str = "groups",
    name: str = "preferred_username",
) -> Iterator[OpenIdProvider]:
    wanted = Provider(issuer=provider.url, client_id=CLIENT, name_claim=name, groups_claim=claim)
    with closing(OpenIdProvider(wanted, httpx.Client(trust_env=False), clock=clock)) as found:
        yield found


@contextmanager
def signing_in(
    provider: RunningProvider, folder: Path, clock: Clock, **options: Any
) -> Iterator[Served]:
    with (
        known_to(provider, clock) as found,
        serving(folder, provider=found, mapping=MAPPING, **options) as served,
    ):
        served.books.now = datetime.now(UTC)  # as the provider's
        served.sign_in()
        yield served


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def many(provider: RunningProvider, tmp_path_factory, clock: Clock) -> Iterator[Served]:
    with signing_in(provider, tmp_path_factory.mktemp("sso"), clock) as served:
        yield served


@pytest.fixture
def served(many: Served, provider: RunningProvider, clock: Clock) -> Served:
    """Nobody guessed yet; the keys may be asked for again."""
    provider.people()
    provider.manners()
    many.app.state.people.guesses.__init__(many.now)
    many.books.now = datetime.now(UTC)
    clock.at += 100
    return many


def sign_in(served: Served, token: str, address: str = "198.51.100.7") -> httpx.Response:
    headers = {"x-iman-address": address}
    return served.call("POST", "/sessions/oidc", None, json={"id_token": token}, headers=headers)


def me(served: Served, token: str) -> dict[str, Any]:
    with served.http(token) as http:
        return http.get(PREFIX + "/me").json()


def test_each_group_gives_its_role_and_reach(served: Served, provider: RunningProvider):
    for person, role, sites in (
        ("olga", "admin", []), ("max", "manager", []), ("sara", "support", ["HGH"]),
    ):  # fmt: skip
        for key in (0, 1):  # an RSA and an elliptic one
            answer = sign_in(served, provider.token(person, key=key))
            assert answer.status_code == 201, answer.text
            found = me(served, answer.json()["token"])
            assert (found["name"], found["role"], found["sites"]) == (person, role, sites)
            assert found["single_sign_on"]
    told = [event for event in served.audit() if event["action"] == "sign_in" and event["allowed"]]
    assert told[-1]["reason"] == "single sign-on; HGH clerks"
    assert told[-1]["origin"] == "198.51.100.7"


NOW = time.time()
FORGED: dict[str, dict[str, Any]] = {
    "alg none": {"how": "none"},
    "signed with the public key as a secret": {"how": "public_key_as_secret"},
    "signed with the client's secret": {"how": "clients_secret"},
    "signed with another key under a known kid": {"how": "own_key"},
    "bringing its own key": {"how": "own_key", "embedded": True},
    "groups changed after signing": {"how": "tampered", "tampered": {"groups": ["Iman admins"]}},
    "kid unknown": {"header": {"kid": "nobodys"}},
    "kid a number": {"how": "by_hand", "header": {"kid": 7}},
    "kid missing among several keys": {"how": "by_hand", "header": {"kid": None}},
    "an access token": {"header": {"typ": "at+jwt"}},
    "a token to sign out with": {"header": {"typ": "logout+jwt"}},
    "Keycloak's access token": {"claims": {"typ": "Bearer"}},
    "critical header": {"how": "by_hand", "header": {"crit": ["b64"], "b64": True}},
    "another issuer": {"claims": {"iss": "https://another.example"}},
    "the issuer with a slash": {"claims": {"iss": "SLASH"}},
    "another application's": {"claims": {"aud": "another-client"}},
    "nobody's": {"drop": ["aud"]},
    "for several, for another party": {"claims": {"aud": [CLIENT, "other"], "azp": "other"}},
    "for several, no party": {"claims": {"aud": [CLIENT, "other"]}},
    "for ours, for another party": {"claims": {"azp": "other"}},
    "expired": {"claims": {"exp": NOW - 3600, "iat": NOW - 3700}},
    "never expires": {"drop": ["exp"]},
    "expires never in words": {"claims": {"exp": "never"}},
    "expires true": {"claims": {"exp": True}},
    "expires in a list": {"claims": {"exp": [NOW + 300]}},
    "not good yet": {"claims": {"nbf": NOW + 3600}},
    "made in the future": {"claims": {"iat": NOW + 3600, "exp": NOW + 4000}},
    "made yesterday and still good": {"claims": {"iat": NOW - 86400, "exp": NOW + 86400}},
    "never made": {"drop": ["iat"]},
    "no subject": {"drop": ["sub"]},
    "an empty subject": {"claims": {"sub": ""}},
    "a subject that is a list": {"claims": {"sub": ["a"]}},
    "a name that is a list": {"claims": {"preferred_username": ["olga"]}},
    "no name": {"drop": ["preferred_username"]},
}


@pytest.mark.parametrize("asked", FORGED.values(), ids=list(FORGED))
def test_a_forged_token_signs_nobody_in(served: Served, provider: RunningProvider, asked):
    if asked.get("claims", {}).get("iss") == "SLASH":
        asked = {"claims": {"iss": provider.url + "/"}}
    before = served.books.rows("SELECT count(*) AS n FROM sessions")
    people = served.books.rows("SELECT name, role FROM users ORDER BY name")
    answer = sign_in(served, provider.token("nina", **asked))
    assert answer.status_code == 401, answer.text
    assert set(answer.json()) == {"error", "message"}
    assert served.books.rows("SELECT count(*) AS n FROM sessions") == before
    assert served.books.rows("SELECT name, role FROM users ORDER BY name") == people
    event = served.audit()[-1]
    assert (event["action"], event["allowed"]) == ("sign_in", False)
    assert event["reason"].startswith("single sign-on; ")


NO_TOKENS = [
    "x", "a.b.c", "...", "e30.e30.", "é.e30.x", "e30.e30.e30.e30.e30", "\x00", "W10.e30.x",
    "[" * 9000 + ".a.b", "Ww" * 8000 + ".a.b",
]  # fmt: skip


@pytest.mark.parametrize("token", NO_TOKENS, ids=range(len(NO_TOKENS)))
def test_what_is_no_token_is_refused(served: Served, token: str):
    assert sign_in(served, token).status_code == 401


def test_a_huge_token_is_refused_before_it_is_looked_at(served: Served, provider: RunningProvider):
    large = provider.token("olga", claims={"padding": "x" * 40_000})
    assert sign_in(served, large).status_code == 422
    assert sign_in(served, "x" * (2 << 20)).status_code == 413
    for body in ({}, {"id_token": 7}, {"id_token": ""}, {"id_token": None}, []):
        assert served.call("POST", "/sessions/oidc", None, json=body).status_code == 422


def test_a_little_difference_of_clocks_is_borne(served: Served, provider: RunningProvider):
    soon, ago = time.time() + 30, time.time() - 30
    for claims in ({"iat": soon, "nbf": soon}, {"iat": ago - 100, "exp": ago}):
        assert sign_in(served, provider.token("max", claims=claims)).status_code == 201


def test_several_audiences_are_fine_for_the_party_it_was_made_for(served, provider):
    for claims in (
        {"aud": [CLIENT, "other"], "azp": CLIENT}, {"aud": [CLIENT]}, {"azp": CLIENT},
        {"typ": "ID"},
    ):  # fmt: skip
        assert sign_in(served, provider.token("max", claims=claims)).status_code == 201


def test_a_token_signs_in_once(served: Served, provider: RunningProvider):
    """Also after a restart: it is written down."""
    token = provider.token("olga")
    assert sign_in(served, token).status_code == 201
    again = sign_in(served, token)
    assert again.status_code == 401
    assert "used before" in again.json()["message"]
    served.books.later(3600)
    sign_in(served, provider.token("olga"))
    assert sign_in(served, token).status_code == 401  # for its age, by now


def test_keys_that_were_rotated_are_found_and_asked_for_only_so_often(
    served: Served, provider: RunningProvider, clock: Clock
):
    provider.rotate()
    old = provider.token("max")
    assert sign_in(served, provider.token("max")).status_code == 201
    provider.rotate()
    assert provider.asked()[-1] == "jwks"
    assert sign_in(served, provider.token("max")).status_code == 401  # asked a moment ago
    clock.at += 40
    assert sign_in(served, provider.token("max")).status_code == 201
    assert provider.asked() == ["discovery", "jwks"]
    for _ in range(3):  # keys nobody knows are a way to have the provider asked without end
        assert sign_in(served, provider.token("max", header={"kid": "x"})).status_code == 401
    assert sign_in(served, old).status_code == 401  # its key is taken back
    assert provider.asked() == []


UNWELL = [
    ({"discovery": "away"}, "answers with 503"),
    ({"jwks": "away"}, "answers with 503"),
    ({"discovery": "redirects"}, "leads elsewhere"),
    ({"jwks": "redirects"}, "leads elsewhere"),
    ({"discovery": "huge"}, "more than anybody needs"),
    ({"jwks": "huge"}, "more than anybody needs"),
    ({"discovery": "nonsense"}, "not answer with JSON"),
    ({"jwks": "list"}, "not answer with a JSON object"),
    ({"discovery": "another"}, "calls itself"),
    ({"discovery": "elsewhere"}, "jwks_uri is no https address"),
    ({"jwks": "no_keys"}, "names no key"),
    ({"jwks": "drips"}, "does not finish"),
]


def test_whatever_a_provider_answers_that_is_unwell_is_told(provider, monkeypatch):
    monkeypatch.setattr(oidc, "_WHOLE", 0.5)
    provider.people()
    token = provider.token("olga")
    for manners, says in UNWELL:
        provider.manners(**manners)
        with known_to(provider, Clock()) as found, pytest.raises(DaemonRefused) as told:
            found.identity(token, now=datetime.now(UTC))
        assert str(told.value).startswith("Single sign-on does not work now: 127.0.0.1"[:34])
        assert says in str(told.value), manners
    provider.manners()


def test_while_the_provider_is_away_a_password_still_signs_in(
    served: Served, provider: RunningProvider, clock: Clock
):
    provider.rotate()  # a key that is not known yet
    token = provider.token("olga")
    provider.manners(jwks="away")
    answer = sign_in(served, token)
    assert (answer.status_code, answer.json()["error"]) == (409, "refused")
    assert "answers with 503" in answer.json()["message"]
    body = {"name": "admin", "password": PASSWORDS[Role.ADMIN]}
    assert served.call("POST", "/sessions", None, json=body).status_code == 201
    provider.manners()
    clock.at += 6
    assert sign_in(served, token).status_code == 201  # the same: it was not used


def test_nobody_at_the_address_is_an_answer_too(tmp_path):
    clock = Clock()
    nobody = RunningProvider("http://127.0.0.1:9")
    with known_to(nobody, clock) as found, serving(tmp_path, provider=found) as served:
        token = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30.c2ln"
        for _ in range(8):  # not a guess of anybody's
            answer = sign_in(served, token)
            assert answer.status_code == 409
        assert "does not answer (ConnectError)" in answer.json()["message"]


def test_what_the_provider_said_before_is_good_while_it_is_away(
    served: Served, provider: RunningProvider, clock: Clock
):
    sign_in(served, provider.token("max"))
    token = provider.token("max")
    provider.manners(discovery="away")
    clock.at += 2 * 3600  # longer than keys are believed without asking
    assert sign_in(served, token).status_code == 201
    clock.at += 25 * 3600
    assert sign_in(served, provider.token("max")).status_code == 409


def test_wrong_tokens_from_an_address_have_to_wait_and_others_do_not(served, provider):
    wrong = provider.token("olga", how="none")
    answers = [sign_in(served, wrong, "203.0.113.9").status_code for _ in range(40)]
    assert answers == [401] * 5 + [429] * 35
    right = provider.token("olga")
    assert sign_in(served, right, "203.0.113.9").status_code == 429
    assert sign_in(served, right, "198.51.100.7").status_code == 201
    for _ in range(20):  # many come in through one office's address
        assert sign_in(served, provider.token("max")).status_code == 201


def test_without_a_provider_there_is_no_single_sign_on(tmp_path, provider):
    with serving(tmp_path) as served:
        answer = sign_in(served, provider.token("olga"))
        assert answer.status_code == 409
        assert "No identity provider is set up" in answer.json()["message"]


# -- who comes -------------------------------------------------------------------------------------


def test_whose_groups_have_no_role_is_told_what_an_admin_must_do(served, provider):
    answer = sign_in(served, provider.token("nina"))
    assert (answer.status_code, answer.json()["error"]) == (403, "not_allowed")
    assert "None of your groups has a role in Iman" in answer.json()["message"]
    assert "oidc_groups: Everybody" in answer.json()["message"]
    event = served.audit()[-1]
    assert (event["who"], event["allowed"]) == ("nina", False)
    assert event["reason"] == "single sign-on; no group with a role: Everybody"
    for groups in ([], "a text", None, {"a": 1}, [1, 2]):
        answer = sign_in(served, provider.token("nina", claims={"groups": groups}))
        assert answer.status_code == 403, groups
    gone = {"groups": None, "_claim_names": {"groups": "src1"}}
    answer = sign_in(served, provider.token("nina", claims=gone, drop=["groups"]))
    assert "more groups than the provider tells" in answer.json()["message"]


def test_groups_are_read_anew_at_each_sign_in(served: Served, provider: RunningProvider):
    """What was given shrinks in open sessions too; who is in no group any more is signed out."""
    provider.people(ida=["Iman admins"])
    first = sign_in(served, provider.token("ida")).json()["token"]
    assert me(served, first)["role"] == "admin"
    provider.people(ida=["HGH clerks", "MEM clerks"])
    second = sign_in(served, provider.token("ida")).json()["token"]
    for token in (first, second):
        found = me(served, token)
        assert (found["role"], found["sites"]) == ("support", ["HGH", "MEM"])
    changed = [one for one in served.audit() if one["action"] == "change_user"][-1]
    assert changed["target"] == "ida"
    assert "role admin; everything" in changed["old_value"]
    assert "role support; sites HGH, MEM" in changed["new_value"]
    provider.people(ida=["Everybody"])
    assert sign_in(served, provider.token("ida")).status_code == 403
    assert me(served, first)["error"] == me(served, second)["error"] == "not_signed_in"


def test_a_local_account_is_not_taken_over_by_its_name(served: Served, provider: RunningProvider):
    for name in ("admin", "ADMIN", "Admin"):
        token = provider.token(
            "eve", claims={"preferred_username": name, "groups": ["Iman admins"]}
        )
        answer = sign_in(served, token)
        assert answer.status_code == 403
        assert "Iman has an account called admin already" in answer.json()["message"]
    assert me(served, served.tokens[Role.ADMIN])["single_sign_on"] is False


def test_a_person_stays_who_they_are_by_the_providers_own_subject(served, provider):
    """A new name there changes nothing here; an old name under a new subject is no help."""
    provider.people(rosa=["Iman managers"])
    sign_in(served, provider.token("rosa"))
    renamed = provider.token("rosa", claims={"preferred_username": "rosa.smith"})
    assert me(served, sign_in(served, renamed).json()["token"])["name"] == "rosa"
    stranger = provider.token("rosa", claims={"sub": "somebody-else"})
    answer = sign_in(served, stranger)
    assert answer.status_code == 403
    assert "account called rosa already" in answer.json()["message"]


@pytest.mark.parametrize(
    "name", ["a b", "ola\u202egnp", "<b>", "x" * 81, "DOMAIN\\eve", "éva", "a\n"]
)
def test_a_name_that_no_account_can_have_is_refused(served, provider, name: str):
    claims = {"sub": name, "preferred_username": name, "groups": ["Iman admins"]}
    answer = sign_in(served, provider.token("olga", claims=claims))
    assert answer.status_code == 403
    assert "oidc_name_claim" in answer.json()["message"]


def test_who_is_deactivated_in_iman_stays_out_whatever_their_groups(served, provider):
    provider.people(tom=["Iman managers"])
    token = sign_in(served, provider.token("tom")).json()["token"]
    change = {"role": "manager", "active": False}
    assert served.call("PUT", "/users/tom", json=change).status_code == 200
    assert me(served, token)["error"] == "not_signed_in"
    answer = sign_in(served, provider.token("tom"))
    assert answer.status_code == 403
    assert "deactivated in Iman" in answer.json()["message"]


def test_what_the_provider_gives_is_not_changed_by_hand(served: Served, provider: RunningProvider):
    sign_in(served, provider.token("max"))
    for body in ({"role": "admin"}, {"role": "manager", "sites": ["HGH"]}):
        answer = served.call("PUT", "/users/max", json=body)
        assert answer.status_code == 409
        assert "come from the groups" in answer.json()["message"]
    assert served.call("POST", "/users/max/reset-password").status_code == 409
    body = {"name": "max", "password": "a new password", "role": "admin"}
    assert served.call("POST", "/users", json=body).status_code == 409
    token = sign_in(served, provider.token("max")).json()["token"]
    with served.http(token) as http:
        body = {"password": "-", "new_password": "another one"}
        assert http.put(PREFIX + "/me/password", json=body).status_code == 409
    for password in ("-", "x"):
        body = {"name": "max", "password": password}
        assert served.call("POST", "/sessions", None, json=body).status_code == 401


def test_an_admin_gives_an_account_to_its_person_at_the_provider(served, provider):
    """Its history stays; its password is gone; the first who comes by that name has it for good."""
    body = {"name": "local.lou", "password": "a password of lou's", "role": "support"}
    assert served.call("POST", "/users", json=body).status_code == 201
    known = {"name": "local.lou", "password": "a password of lou's"}
    assert served.call("POST", "/sessions", None, json=known).status_code == 201
    change = {"role": "support", "single_sign_on": True}
    assert served.call("PUT", "/users/local.lou", json=change).json()["single_sign_on"] is True
    assert served.call("POST", "/sessions", None, json=known).status_code == 401
    lou = {"preferred_username": "local.lou", "groups": ["HGH clerks"]}
    assert sign_in(served, provider.token("lou", claims=lou)).status_code == 201
    bound = [one for one in served.audit() if one["action"] == "bind_user"][-1]
    assert (bound["target"], bound["new_value"]) == ("local.lou", "subject subject-of-lou")
    stranger = provider.token("eve", claims=lou)
    assert sign_in(served, stranger).status_code == 403
    back = {"role": "support", "sites": ["HGH"], "single_sign_on": False}
    assert served.call("PUT", "/users/local.lou", json=back).status_code == 200
    assert sign_in(served, provider.token("lou", claims=lou)).status_code == 403
    assert served.call("POST", "/users/local.lou/reset-password").status_code == 200


def test_the_last_admin_with_a_password_stays_one(served: Served, provider: RunningProvider):
    """What the provider gives it may take, or be away: a password is the way in then."""
    sign_in(served, provider.token("olga"))
    for body in ({"role": "manager"}, {"role": "admin", "single_sign_on": True}):
        answer = served.call("PUT", "/users/admin", json=body)
        assert answer.status_code == 409
        assert "only one left who manages people" in answer.json()["message"]


def test_passwords_may_be_left_to_a_few(provider: RunningProvider, tmp_path, clock: Clock):
    with signing_in(provider, tmp_path, clock, passwords=Passwords(frozenset({"admin"}))) as served:
        answers = {}
        for name, password in [("admin", PASSWORDS[Role.ADMIN]), ("support", "support-password"),
                               ("nobody", "x")]:  # fmt: skip
            body = {"name": name, "password": password}
            answers[name] = served.call("POST", "/sessions", None, json=body)
        assert answers["admin"].status_code == 201
        assert answers["support"].status_code == answers["nobody"].status_code == 401
        assert answers["support"].json() == answers["nobody"].json()  # tells nothing of the name
        assert "single sign-on" in answers["support"].json()["message"]
        assert "does not sign in with a password" in served.audit()[-2]["reason"]


def test_while_the_daemon_is_away_the_same_passwords_count(provider, tmp_path, clock: Clock):
    """And a session that single sign-on began is still one."""
    with signing_in(provider, tmp_path, clock) as served:
        token = sign_in(served, provider.token("max")).json()["token"]
    path = tmp_path / "ledger.duckdb"
    everybody, few = OfflinePeople(path), OfflinePeople(path, frozenset({"admin"}))
    assert everybody.session(token).single_sign_on
    for people, name, password in (
        (everybody, "max", NO_PASSWORD), (few, "support", "support-password"), (few, "max", "-"),
    ):  # fmt: skip
        with pytest.raises(NotSignedIn):
            people.sign_in(name, password)
    assert everybody.sign_in("support", "support-password").name == "support"
    assert few.sign_in("admin", PASSWORDS[Role.ADMIN]).name == "admin"


def test_other_claims_and_ways_inside_them_can_be_named(provider: RunningProvider):
    now = datetime.now(UTC)
    with known_to(provider, Clock(), claim="realm_access.roles", name="email") as found:
        claims = {"realm_access": {"roles": ["a", "b", "a"]}, "email": "olga@site.example"}
        identity = found.identity(provider.token("olga", claims=claims), now=now)
        assert (identity.name, identity.groups) == ("olga@site.example", ("a", "b"))
        claims["email_verified"] = False
        with pytest.raises(NotSignedIn, match="not verified"):
            found.identity(provider.token("olga", claims=claims), now=now)
    with known_to(provider, Clock(), claim="https://site.example/roles") as found:
        claims = {"https://site.example/roles": "one"}
        assert found.identity(provider.token("olga", claims=claims), now=now).groups == ("one",)
        assert identity.until > now + timedelta(minutes=4)
