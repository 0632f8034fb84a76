"""Saved views over HTTP: whose they are, who sees them, who may change them."""

from __future__ import annotations

import csv

import pytest

from iman.api.wire_views import ViewToSave
from iman.dashboard import filters
from iman.domain.people import Role
from iman.domain.view import COLUMN_FIELDS, FILTER_NAMES, USUAL_COLUMNS, ListColumn
from iman.errors import DaemonRefused, NotAllowed, NotFound
from iman.reading import frames, open_reading
from iman.reading.from_ledger import FromLedger
from tests.api.serving import Served


def make_view(name: str = "Month end", **overrides) -> ViewToSave:
    values = {
        "name": name,
        "filter": {"type": "receipt", "show": "failed", "q": "10319"},
        "order": "amount",
        "columns": ["amount", "document"],
    }
    return ViewToSave.model_validate({**values, **overrides})


def test_the_words_of_a_view_are_those_of_the_monitors_address():
    assert {*FILTER_NAMES, "order"} == {*filters.NAMES, *filters.NARROWING}
    assert set(COLUMN_FIELDS) == set(ListColumn) >= set(USUAL_COLUMNS)
    assert {name for names in COLUMN_FIELDS.values() for name in names} <= set(frames.DOCUMENTS)


def test_a_view_is_ones_own_until_it_is_shared(fresh: Served):
    with fresh.client(Role.MANAGER) as mia, fresh.client(Role.SUPPORT) as sam:
        saved = mia.save_view(make_view())
        assert saved.owner == "manager"
        assert saved.columns == [ListColumn.DOCUMENT, ListColumn.AMOUNT]  # as they stand
        assert open_reading(mia, None).views() == [saved]
        assert sam.views() == []
        with pytest.raises(NotFound):
            sam.change_view(saved.id, make_view())
        shared = mia.change_view(saved.id, make_view(shared=True))
        assert sam.views() == [shared]
        assert fresh.call("GET", f"/views/{saved.id}", Role.SUPPORT).json()["name"] == "Month end"


def test_a_shared_view_is_changed_by_its_owner_or_an_admin_only(fresh: Served):
    with (
        fresh.client(Role.MANAGER) as mia,
        fresh.client(Role.SUPPORT) as sam,
        fresh.client(Role.ADMIN) as ada,
    ):
        saved = mia.save_view(make_view(shared=True))
        with pytest.raises(NotAllowed):
            sam.change_view(saved.id, make_view("Mine now"))
        with pytest.raises(NotAllowed):
            sam.remove_view(saved.id)
        changed = ada.change_view(saved.id, make_view("Month end, all", shared=True))
        assert (changed.owner, changed.changed_by) == ("manager", "admin")
        ada.remove_view(saved.id)
        assert mia.views() == []
        with pytest.raises(NotFound):
            mia.remove_view(saved.id)
    told = [(e["who"], e["action"], e["allowed"]) for e in fresh.audit() if "view" in e["action"]]
    assert told == [
        ("manager", "save_view", True),
        ("support", "edit_shared_views", False),
        ("support", "edit_shared_views", False),
        ("admin", "save_view", True),
        ("admin", "remove_view", True),
    ]


def test_an_admin_does_not_see_what_others_keep_for_themselves(fresh: Served):
    with fresh.client(Role.MANAGER) as mia, fresh.client(Role.ADMIN) as ada:
        saved = mia.save_view(make_view())
        assert ada.views() == []
        with pytest.raises(NotFound):
            ada.remove_view(saved.id)


def test_a_name_stands_once_for_each_person(fresh: Served):
    with fresh.client(Role.MANAGER) as mia, fresh.client(Role.SUPPORT) as sam:
        mia.save_view(make_view())
        with pytest.raises(DaemonRefused, match="choose another name"):
            mia.save_view(make_view("month END"))
        sam.save_view(make_view())
        other = mia.save_view(make_view("Another"))
        with pytest.raises(DaemonRefused):
            mia.change_view(other.id, make_view("Month end"))
        mia.change_view(other.id, make_view("Another"))


def test_a_person_keeps_a_hundred_at_most(fresh: Served, monkeypatch):
    monkeypatch.setattr("iman.ledger.views.MOST", 2)
    with fresh.client() as ada:
        ada.save_view(make_view("1"))
        last = ada.save_view(make_view("2"))
        with pytest.raises(DaemonRefused, match="at most 2"):
            ada.save_view(make_view("3"))
        ada.change_view(last.id, make_view("Two"))


def test_while_the_daemon_is_away_the_shared_ones_are_known(fresh: Served, tmp_path):
    with fresh.client(Role.MANAGER) as mia:
        shared = mia.save_view(make_view(shared=True))
        mia.save_view(make_view("Mine"))
    fresh.books.ledger.close()
    assert FromLedger(tmp_path / "ledger.duckdb").views() == [shared]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "}, {"name": "x" * 61}, {"name": "a\nb"}, {"filter": {"sql": "1"}},
        {"filter": {"q": "x" * 201}}, {"filter": {"q": ""}}, {"order": "random"},
        {"columns": ["payload"]}, {"owner": "admin"},
    ],
)  # fmt: skip
def test_a_view_that_is_none_is_told(served: Served, wrong: dict):
    answer = served.call("POST", "/views", json={"name": "x", **wrong})
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "message"}


def test_no_id_breaks_it(served: Served):
    for view_id in (0, -1, 10**30):
        assert served.call("GET", f"/views/{view_id}").status_code == 404


def test_a_file_holds_the_columns_that_are_seen(fresh: Served):
    fresh.books.arrive("INV-1")
    whole = fresh.call("GET", "/exports/documents").text.splitlines()
    assert len(next(csv.reader([whole[3]]))) == len(frames.DOCUMENTS)
    seen = fresh.call("GET", "/exports/documents?column=amount&column=state").text.splitlines()
    assert next(csv.reader([seen[3]])) == [
        "State", "Attempt", "Attempts at most", "Number", "Document date", "Amount", "Currency",
    ]  # fmt: skip
    assert next(csv.reader([seen[4]]))[3] == "INV-1"
    empty = fresh.call("GET", "/exports/documents?column=amount&search=nobody").text.splitlines()
    assert len(empty) == 4
    assert fresh.call("GET", "/exports/documents?column=payload").status_code == 422
