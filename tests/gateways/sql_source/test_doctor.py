"""What `iman doctor` finds in a database, and that it says what to do."""

from __future__ import annotations

import json

from iman.doctor_sql import examine_sql
from iman.settings import DaemonSettings
from tests.builders import make_payload


def examine(sql, **more):
    settings = DaemonSettings(
        source="sql", sql_url=sql.url, sage_url="http://127.0.0.1:1/Sage300WebApi",
        sage_company="SERDAT", sage_user="WEBAPI", sage_password="x",
        **({"sql_status": "iman_status"} | more),
    )  # fmt: skip
    found = {finding.subject: finding for finding in examine_sql(settings)}
    assert all(finding.advice or finding.result == "ok" for finding in found.values())
    return found


def results(found):
    return {subject: finding.result for subject, finding in found.items()}


def test_all_is_well(sql):
    sql.put("INV-1")
    found = examine(sql)
    assert results(found) == dict.fromkeys(
        ["SQL source", "SQL outbox", "SQL outbox numbers", "SQL outbox events", "SQL status"], "ok"
    )
    assert found["SQL outbox events"].found == "The first 1 rows can be read"


def test_statuses_that_stay_in_the_dashboard_are_said(sql):
    found = examine(sql, sql_status="")["SQL status"]
    assert found.result == "warning"
    assert "byondpro is not told" in found.found


def test_a_database_that_is_away(sql):
    sql.is_away()
    (found,) = examine(sql).values()
    assert found.result == "trouble"
    assert "IMAN_SQL_URL" in found.advice


def test_an_address_that_is_none(sql):
    sql.url = "byondpro"
    (found,) = examine(sql).values()
    assert "IMAN_SQL_URL is not a database's address" in found.advice


def test_a_column_that_is_not_there(sql):
    found = examine(sql, sql_payload="body")
    assert "body" in found["SQL source"].found
    assert found["SQL source"].advice.startswith("Check IMAN_SQL_OUTBOX")


def test_rows_that_are_spoilt(sql):
    sql.put("INV-1")
    sql.put_row("sonnet", "{}")
    found = examine(sql)["SQL outbox events"]
    assert found.found.startswith("1 of the first 2 rows cannot be read.")
    assert "sonnet" in found.found


def test_numbers_that_are_not_every_rows_own(bare):
    bare.run("CREATE TABLE iman_outbox (cursor integer, type varchar(40), payload text, at text)")
    put = "INSERT INTO iman_outbox VALUES (:cursor, 'document', :payload, NULL)"
    payload = json.dumps(make_payload())
    bare.run(put, cursor=1, payload=payload)
    found = examine(bare)
    assert found["SQL outbox index"].result == "warning"
    assert found["SQL status"].result == "trouble"  # there is no such table
    bare.run(put, cursor=None, payload=payload)
    assert "is empty in some rows" in examine(bare)["SQL outbox numbers"].found
    bare.run(put, cursor=1, payload=payload)
    assert "same number more than once (1)" in examine(bare)["SQL outbox numbers"].found


def test_a_status_table_with_another_key(sql):
    sql.run("DROP TABLE iman_status")
    sql.run(
        "CREATE TABLE iman_status (company varchar(9), entry_type varchar(9), number varchar(9) "
        "PRIMARY KEY, revision integer, status varchar(9), message varchar(9), "
        "erp_reference varchar(9), attempts integer, at varchar(30))"
    )
    assert "primary key" in examine(sql)["SQL status"].found
