"""Who is limited to a site or a company sees what there would be if there were nothing else."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from iman.api.app import PREFIX, create_app
from iman.api.routes.asking import NAMED
from iman.api.rules_of_routes import OPEN
from iman.domain.people import REACHES_EVERYTHING, Reach, Role
from iman.ledger import by_hand, checklists, figures, reach, releases
from iman.ledger.accounts import save_user
from iman.ledger.playbook_shelf import playbook_for
from iman.ledger.reach import AS_IT_IS
from tests.api.serving import Served, serving
from tests.remedies.shelf import (
    A6030,
    A6030_VERDICT,
    F48,
    F48_VERDICT,
    START,
    Shelf,
    invoice,
)

HGH = {"code": "HGH", "name": "Highview Remembrance Park", "gl_segment": "30"}
NOR = {"code": "NOR", "name": "Northside", "gl_segment": "50"}
RIV = {"code": "RIV", "name": "Riverside", "gl_segment": "40"}
PATHS = create_app(ledger=None, daemon=None, now=None).openapi()["paths"]  # type: ignore[arg-type]  # only described
#: What each asks of its query beyond what has a default.
THREE = ((HGH, "SERC"), (RIV, "SERC"), (NOR, "OTHER"))
QUERIES = {
    "/document-ids": [{"number": "HGH-1"}],
    "/period-end": [{"due": "2026-12-31"}],
    "/documents": [{}, {"search": "1"}, {"order": "amount"}, {"state": "failed"}],
    "/overview": [{}, {"hours": 400}],
    "/series": [{"hours": 400}],
}
EXAMPLES = {
    "note_id": "1", "attachment_id": "1", "error_type": "terms_missing", "view_id": "1",
    "side": "sage", "gap_id": "1", "name": "x",
}  # fmt: skip


class Live(Shelf):
    def history(self, site: dict[str, str], company: str) -> None:
        """A day of one site's documents, from the same moment for whichever site."""
        self.now = START
        code = site["code"]
        numbers = [f"{code}-{n}" for n in range(1, 7)]
        self.arrive(
            *(
                invoice(
                    number, site=site, company=company, amount=f"{1000 + place}.00",
                    customer={"number": f"{code}-C{place}", "name": f"{code} person {place}",
                              "kind": "person", "group": "FAMILY"},
                )
                for place, number in enumerate(numbers)
            )
        )  # fmt: skip
        self.passes(60)
        self.try_all(
            {numbers[3]: (A6030, A6030_VERDICT), **dict.fromkeys(numbers[:3], (F48, F48_VERDICT))},
            give_up=True,
        )
        self.reconcile()
        self.passes(3600)
        self.write(self._work(numbers))
        self.reconcile()
        self.passes(20)

    def _work(self, numbers: list[str]) -> Any:
        ids, now = self.ledger.ids, self.now

        def work(conn: Any) -> None:
            first, second, third, account = (self.id_of(one) for one in numbers[:4])
            by_hand.park(conn, ids, third, who="sam", reason="waits", until=None, now=now)
            by_hand.settle(
                conn, ids, account, how="do_not_send", reference="", reason="twice", who="ada",
                now=now,
            )  # fmt: skip
            order = releases.Order(
                document_ids=[first, second], title="2 chosen documents", reason="", who="ada",
                role="admin", origin="api", request_id="", grace=START - START, canary=0,
            )  # fmt: skip
            releases.begin(conn, ids, order, now=now)
            subject = checklists.Subject(
                company="", error_type="terms_missing", entity_kind="terms_code", entity="F48",
                document_id=first,
            )  # fmt: skip
            text = playbook_for(conn, {}, "terms_missing")
            checklists.begin(conn, ids, subject, text, who="sam", now=now)

        return work


@contextmanager
def lived(folder: Path, *sites: tuple[dict[str, str], str]) -> Iterator[Served]:
    with serving(folder) as served:
        books = Live(served.books.ledger)
        for site, company in sites:
            books.history(site, company)
        books.reconcile()
        served.books.ledger.write(lambda conn: figures.look(conn, now=books.now)).result()
        served.books.now = books.now
        for role in Role:
            served.tokens[role] = sign_in(served, role.value, f"{role.value}-password")
        yield served


def sign_in(served: Served, name: str, password: str) -> str:
    body = {"name": name, "password": password}
    answer = served.call("POST", "/sessions", None, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["token"]


def limited(served: Served, name: str, role: Role, **limits: list[str]) -> str:
    body = {"name": name, "password": "long enough", "role": role, **limits}
    assert served.call("POST", "/users", json=body).status_code == 201
    return sign_in(served, name, "long enough")


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> Iterator[Served]:
    with lived(tmp_path_factory.mktemp("alone"), (HGH, "SERC")) as served:
        yield served


@pytest.fixture(scope="module")
def both(tmp_path_factory) -> Iterator[Served]:
    """Two sites of one company, which meet the same causes."""
    with lived(tmp_path_factory.mktemp("both"), (HGH, "SERC"), (RIV, "SERC")) as served:
        yield served


@pytest.fixture(scope="module")
def three(tmp_path_factory) -> Iterator[Served]:
    """And one of another company. Nothing but people is added to it."""
    with lived(tmp_path_factory.mktemp("three"), *THREE) as served:
        yield served


@pytest.fixture
def changing(tmp_path) -> Iterator[Served]:
    with lived(tmp_path, *THREE) as served:
        yield served


def asked() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every GET there is, with each of the first ids."""
    for path, methods in sorted(PATHS.items()):
        rule = methods.get("get", {}).get("x-permission")
        if rule is None or rule in {OPEN, *REACHES_EVERYTHING} or path.endswith(("/me", "/rules")):
            continue
        if rule == "export":
            continue  # a file says who took it; its rows are the list's
        short = path.removeprefix(PREFIX)
        several = range(1, 14) if "_id}" in short else (1,)
        for number in several:
            names = dict.fromkeys(NAMED, str(number))
            for query in QUERIES.get(short, [{}]):
                yield short.format_map(EXAMPLES | names), query


@pytest.mark.parametrize(
    ("limits", "only"),
    [
        ({"sites": ["HGH"]}, "alone"),
        ({"companies": ["SERC"], "sites": ["HGH"]}, "alone"),
        ({"companies": ["SERC"]}, "both"),
    ],
)
def test_every_answer_is_as_if_there_were_nothing_else(three, limits, only, request):
    """Ids are those of their own history, which came first; so all of an answer is equal."""
    token, rest = limited(three, "clerk", Role.ADMIN, **limits), request.getfixturevalue(only)
    looked = 0
    with three.http(token) as theirs, rest.http(rest.tokens[Role.ADMIN]) as whole:
        for path, query in asked():
            here = theirs.get(PREFIX + path, params=query)
            there = whole.get(PREFIX + path, params=query)
            assert here.status_code < 500
            if here.status_code == 404 == there.status_code or "neighbours" in path:
                continue  # neighbours of nothing are none; whoever is limited hears of nothing
            assert here.status_code == there.status_code, (path, here.text)
            if here.status_code == 200 and here.headers["content-type"] == "application/json":
                looked += 1
                assert same(here.json(), there.json()), (path, here.text, there.text)
            assert "NOR" not in here.text, path
    assert looked > 50


def same(here: Any, there: Any, name: str = "") -> bool:
    """But for one text of a cause that others met too, where it holds nothing up any more."""
    if isinstance(here, dict) and isinstance(there, dict):
        return here.keys() == there.keys() and all(same(here[k], there[k], k) for k in here)
    if isinstance(here, list) and isinstance(there, list):
        return len(here) == len(there) and all(map(same, here, there))
    return here == there or (here == "" and name in {"sample", "error"})


def test_an_export_holds_the_same_rows_as_the_list(three: Served):
    token = limited(three, "taker", Role.MANAGER, sites=["RIV"])
    with three.http(token) as http:
        text = http.get(PREFIX + "/exports/documents").text
        assert http.get(PREFIX + "/documents").json()["total"] == 6
    assert text.count("RIV person") == 6
    assert "HGH" not in text


@pytest.mark.parametrize("site", ["HGH", "RIV", "NOR"])
def test_figures_are_those_of_plain_sql(three: Served, site: str):
    token = limited(three, f"of-{site}", Role.SUPPORT, sites=[site])
    (raw,) = three.books.rows(
        "SELECT count(*) AS n, sum(amount) AS amount, count(*) FILTER (WHERE state = 'failed') AS f"
        " FROM open_documents WHERE site = $site",
        site=site,
    )
    ever = "SELECT count(*) AS n FROM closings WHERE site = $site AND state = 'synced'"
    (closed,) = three.books.rows(ever, site=site)
    with three.http(token) as http:
        overview = http.get(PREFIX + "/overview", params={"hours": 48}).json()
        counts = http.get(PREFIX + "/counts").json()["rows"]
        causes = http.get(PREFIX + "/causes").json()
        sites = http.get(PREFIX + "/sites").json()
    assert (overview["not_in_sage"], overview["failed"]) == (raw["n"], raw["f"])
    assert float(overview["not_in_sage_amount"]) == float(raw["amount"])
    assert sum(row["synced"] for row in counts) == closed["n"] == overview["synced"]
    assert sum(one["documents"] for one in causes) == raw["n"]
    assert sites == [site]


CHANGES = [
    (method, path.removeprefix(PREFIX))
    for path, methods in sorted(PATHS.items())
    for method in methods
    if any(f"{{{name}}}" in path for name in NAMED)
]


def test_what_lies_out_of_reach_answers_as_if_it_did_not_exist(three: Served):
    """Whatever the route, for another site and another company; it is recorded, nothing changes."""
    out = {"document_id": "7", "cause_id": "3", "checklist_id": "2", "release_id": "2", "step": "x"}
    token = limited(three, "nosy", Role.ADMIN, sites=["HGH"])
    before = contents(three)
    with three.http(token) as http:
        for method, path in CHANGES:
            there = path.format_map(EXAMPLES | {"choice": "x"} | out)
            rule = PATHS[PREFIX + path][method]["x-permission"]
            answer = http.request(method, PREFIX + there, json={})
            assert answer.status_code == 404, (method, there, answer.text)
            event = three.audit()[-1]
            assert (event["who"], event["action"], event["allowed"]) == ("nosy", "reach", False)
            assert event["target"] == PREFIX + there
            assert rule in {"view", "work_checklist", "park", "settle", "resync", "resync_many"}
            never = http.request(method, PREFIX + path.format_map(EXAMPLES | {
                "choice": "x", "step": "x", "document_id": "99", "cause_id": "99",
                "checklist_id": "99", "release_id": "99"}), json={})  # fmt: skip
            assert never.status_code == 404
            assert re.sub("99", "N", never.text) == re.sub(r"\d+", "N", answer.text)
        number = http.get(PREFIX + "/document-ids", params={"number": "RIV-1"})
        assert number.json()["message"] == "There is no document RIV-1."
    assert three.audit()[-1]["target"].endswith("RIV-1")
    assert contents(three) == before


def contents(served: Served) -> dict[str, int]:
    names = served.books.rows("SELECT table_name AS t FROM duckdb_tables() ORDER BY 1")
    return {
        one["t"]: served.books.rows(
            f"SELECT hash(list(t ORDER BY t)) AS h FROM {one['t']} t"  # noqa: S608 -- a table's name
        )[0]["h"]
        for one in names
        if not one["t"].startswith("audit")
    }


def test_a_release_touches_only_what_is_in_reach(changing: Served):
    token = limited(changing, "releaser", Role.ADMIN, sites=["RIV"])
    with changing.http(token) as http:
        body = {"filter": {"states": ["failed", "parked"]}, "include_parked": True}
        seen = http.post(PREFIX + "/releases/preview", json=body).json()
        numbers = [row["number"] for row in (*seen["touched"], *seen["untouched"])]
        assert numbers
        assert all(number.startswith("RIV") for number in numbers)
        mixed = http.post(PREFIX + "/releases", json={"document_ids": [1, 7], "reason": "x"})
        assert mixed.status_code == 404
        own = http.post(
            PREFIX + "/releases", json={**body, "reason": "x", "digest": seen["digest"]}
        )
        assert own.status_code in {202, 409}, own.text
        if own.status_code == 202:
            assert own.json()["documents"] == seen["documents"]


def test_a_release_of_several_sites_tells_each_only_their_part(changing: Served):
    """Also while it is stopped: that would reach beyond."""
    body = {"document_ids": [3, 9], "include_parked": True, "reason": "all at once"}
    release = changing.call("POST", "/releases", json=body)
    assert release.status_code == 202, release.text
    assert release.json()["documents"] == 2
    token = limited(changing, "part", Role.ADMIN, sites=["RIV"])
    path = f"{PREFIX}/releases/{release.json()['id']}"
    with changing.http(token) as http:
        seen = http.get(path).json()
        assert (seen["documents"], seen["title"]) == (1, "Part of a release of several sites")
        assert [row["number"] for row in seen["results"]] == ["RIV-3"]
        stop = http.post(path + "/stop")
    assert stop.status_code == 409
    assert "other sites" in stop.json()["message"]
    assert changing.call("POST", path.removeprefix(PREFIX) + "/stop").status_code == 200


def test_a_checklist_on_a_cause_is_shared_and_its_evidence_counts_nobody_else(changing: Served):
    started = changing.call("POST", "/causes/1/checklist").json()["checklist_id"]
    step = changing.call("GET", f"/checklists/{started}").json()["steps"][0]["id"]
    told = "5 of 9 documents are in Sage 300: NOR-1"
    changing.books.ledger.write(
        lambda conn: conn.execute(
            "INSERT INTO probe_results VALUES ($id, $step, now(), 'no', $told)",
            {"id": started, "step": step, "told": told},
        )
    ).result()
    whole = changing.call("GET", f"/checklists/{started}").json()
    assert (whole["documents_total"], told in json.dumps(whole)) == (6, True)
    for site, total in (("HGH", 3), ("RIV", 3)):
        token = limited(changing, f"at-{site}", Role.SUPPORT, sites=[site])
        with changing.http(token) as http:
            seen = http.get(f"{PREFIX}/checklists/{started}")
            assert seen.json()["documents_total"] == total
            assert told not in seen.text
            note = {"text": f"seen by {site}"}
            assert http.post(f"{PREFIX}/checklists/{started}/notes", json=note).status_code == 201
    token = limited(changing, "at-NOR", Role.SUPPORT, sites=["NOR"])
    with changing.http(token) as http:
        assert http.get(f"{PREFIX}/checklists/{started}").status_code == 404


def test_a_note_on_a_shared_checklist_is_not_read_by_other_sites(changing: Served):
    """Nor what was attached, nor that there was one; who sees everything writes for everybody."""
    started = changing.call("POST", "/causes/1/checklist").json()["checklist_id"]
    path = f"{PREFIX}/checklists/{started}"
    evidence = {"name": "proof.txt", "content": base64.b64encode(b"NOR-4711").decode()}

    def seen(http: httpx.Client) -> dict[str, Any]:
        return http.get(path).json()

    hgh = limited(changing, "note-hgh", Role.SUPPORT, sites=["HGH"])
    with changing.http(hgh) as http:
        note = http.post(path + "/notes", json={"text": "HGH-1 is Mrs Hall's"}).json()["notes"][-1]
        attached = http.post(path + "/attachments", json=evidence).json()["attachments"][-1]
    changing.call("POST", f"/checklists/{started}/notes", json={"text": "for everybody"})
    both = limited(changing, "note-both", Role.SUPPORT, sites=["HGH", "RIV"])
    riv = limited(changing, "note-riv", Role.SUPPORT, sites=["RIV"])
    company = limited(changing, "note-company", Role.SUPPORT, companies=["SERC"])
    file = f"{path}/attachments/{attached['id']}"
    # a company's person does not see all that a site's clerk does: the site in other companies
    for token, reads in ((hgh, True), (both, True), (riv, False), (company, False)):
        with changing.http(token) as http:
            whole = seen(http)
            texts = [one["text"] for one in whole["notes"]]
            assert ("HGH-1 is Mrs Hall's" in texts) == reads, token
            assert "for everybody" in texts
            assert (attached["id"] in [one["id"] for one in whole["attachments"]]) == reads
            assert ("proof.txt" in json.dumps(whole)) == reads
            assert (http.get(file).status_code == 200) == reads
            change = {"text": "changed", "version": note["version"]}
            if not reads:
                answer = http.put(f"{path}/notes/{note['id']}", json=change)
                assert answer.status_code == 404
                kept = http.post(path + "/notes", json={"text": "of RIV"})  # and it goes on
                assert [one["text"] for one in kept.json()["notes"]][-1] == "of RIV"
    change = {"text": "HGH-1 is done", "version": note["version"]}
    edited = changing.call("PUT", f"/checklists/{started}/notes/{note['id']}", json=change)
    assert edited.status_code == 200
    for token, reads in ((hgh, True), (riv, False)):  # an admin's edit makes it nobody else's
        with changing.http(token) as http:
            assert ("HGH-1 is done" in http.get(path).text) == reads


def test_whoever_is_limited_does_nothing_that_reaches_beyond(both: Served):
    token = limited(both, "chief", Role.ADMIN, companies=["SERC"])
    with both.http(token) as http:
        me = http.get(PREFIX + "/me").json()
        assert set(me["permissions"]).isdisjoint(REACHES_EVERYTHING)
        assert me["companies"] == ["SERC"]
        answer = http.put(PREFIX + "/pauses/all", json={})
    assert answer.status_code == 403
    assert answer.json()["message"] == (
        "Whoever is limited to companies SERC may not pause; ask an admin."
    )


def test_limits_follow_in_a_session_that_lasts(both: Served):
    token = limited(both, "mover", Role.SUPPORT, sites=["HGH"])
    with both.http(token) as http:
        assert http.get(PREFIX + "/sites").json() == ["HGH"]
        change = {"role": "support", "sites": ["RIV"]}
        assert both.call("PUT", "/users/mover", json=change).status_code == 200
        assert http.get(PREFIX + "/sites").json() == ["RIV"]


def test_a_table_nobody_thought_about_is_empty_to_whoever_is_limited(tmp_path: Path):
    with serving(tmp_path) as served:
        ledger = served.books.ledger
        made = "CREATE TABLE new_one AS SELECT 1 AS secret"
        ledger.write(lambda conn: conn.execute(made)).result()
        conn = ledger.reader(Reach(sites=("HGH",)))
        assert conn.execute("SELECT * FROM new_one").fetchall() == []
        assert ledger.reader().execute("SELECT * FROM new_one").fetchall() == [(1,)]
        names = conn.execute(
            "SELECT table_name FROM duckdb_tables()"
            " UNION SELECT view_name FROM duckdb_views() WHERE NOT internal AND NOT temporary"
        ).fetchall()
        tables = {row[0] for row in names}
        assert tables >= AS_IT_IS
        assert tables >= set(reach._SQL)
        for table in tables:  # same columns, in the same order; lists find rows by rowid
            mine = [one[0] for one in conn.execute(f"DESCRIBE {table}").fetchall()]
            whole = [one[0] for one in ledger.reader().execute(f"DESCRIBE {table}").fetchall()]
            assert [one for one in mine if one != "rowid"] == whole, table


def test_saving_keeps_the_reach(tmp_path: Path):
    with serving(tmp_path) as served:
        wanted = Reach(companies=("B", "A", "A"), sites=("X",))
        served.books.ledger.write(
            lambda conn: save_user(conn, "a", Role.SUPPORT, "x", now=served.now(), reach=wanted)
        ).result()
        (kept,) = served.books.rows("SELECT companies, sites FROM users WHERE name = 'a'")
        assert kept == {"companies": ["A", "B"], "sites": ["X"]}
