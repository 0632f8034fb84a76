"""The whole daemon on a database instead of a feed, into the sandbox's Sage 300."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from iman.os_user import os_user
from tests.daemon.test_bad_input import invoice
from tests.gateways.sql_source.sources import Sql, sqlite
from tests.postgres import running_postgres
from tests.system import Bench, bench, wait_for


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("pg"))])
def byondpro(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sql]:
    if request.param == "sqlite":
        yield sqlite(tmp_path).create()
        return
    with running_postgres() as server:
        yield Sql(server.database(), "postgresql").create()


@pytest.fixture
def here(tmp_path: Path, byondpro: Sql) -> Iterator[Callable[..., Bench]]:
    usual = {"IMAN_SOURCE": "sql", "IMAN_SQL_URL": byondpro.url, "IMAN_SPEED": "20",
             "IMAN_SQL_STATUS": "iman_status"}  # fmt: skip
    with bench(tmp_path, **usual) as made:
        yield made


def put(byondpro: Sql, number: str, **changes: Any) -> None:
    byondpro.put_row("document", json.dumps(invoice(number, **changes)))


def statuses(byondpro: Sql) -> dict[str, str]:
    return {number: status for number, (status, *_) in byondpro.statuses().items()}


def loop(api: Any, name: str) -> dict[str, Any]:
    return next(one for one in api.get("/health")["loops"] if one["loop"] == name)


def test_documents_go_from_the_table_to_sage_and_their_statuses_back(here: Bench, byondpro: Sql):
    put(byondpro, "INV-1")
    byondpro.put_row("document", json.dumps({"entry_type": "limerick"}))
    put(byondpro, "INV-2", terms={"code": "F48", "description": "48 Month Repayment Plan"})
    here.start_daemon()
    wait_for(lambda: statuses(byondpro) == {"INV-1": "processed", "INV-2": "failed"})
    assert here.in_sage() == {"INV-1": 1}
    assert "F48" in byondpro.statuses()["INV-2"][1]

    here.daemon.kill()
    put(byondpro, "INV-3")
    here.settings["IMAN_MAX_ATTEMPTS"] = "7"
    here.start_daemon()
    with contextlib.closing(here.api()) as api:
        kept = api.get("/settings")
    (changed,) = kept["changes"]
    assert (changed["name"], changed["before"], changed["now"]) == ("max_attempts", "5", "7")
    assert changed["started_by"] == kept["started_by"] == os_user()
    assert byondpro.url not in str(kept)
    here.sage(
        "POST", "/Sage300WebApi/v1.0/-/SERDAT/AR/ARTerms",
        json={"TermsCode": "F48", "Description": "48 Month Repayment Plan", "Status": "Active"},
    ).raise_for_status()  # fmt: skip
    byondpro.put_resync("INV-2", by="jo.clark")
    wait_for(lambda: set(statuses(byondpro).values()) == {"processed"})
    assert here.in_sage() == {"INV-1": 1, "INV-2": 1, "INV-3": 1}


def test_a_database_that_goes_away_is_told_and_waited_for(here: Bench, byondpro: Sql):
    here.settings["IMAN_SQL_STATUS"] = ""
    byondpro.run("ALTER TABLE iman_outbox RENAME TO away")
    here.start_daemon()
    api = here.api()
    try:
        wait_for(lambda: "IMAN_SQL_OUTBOX" in loop(api, "intake")["detail"])
        assert not loop(api, "intake")["ok"]
        byondpro.run("ALTER TABLE away RENAME TO iman_outbox")
        put(byondpro, "INV-1")
        wait_for(lambda: here.in_sage()["INV-1"] == 1)
        wait_for(lambda: loop(api, "intake")["ok"])
        assert "stay in the dashboard" in loop(api, "write-back")["detail"]
        assert byondpro.statuses() == {}
    finally:
        api.close()
