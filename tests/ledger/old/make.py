"""Makes the exports beside it: a small ledger as each earlier version of the code left it.

``python tests/ledger/old/make.py`` takes each version's code out of the history, lives a short
life with it, is cut off in the middle of a push, and writes down every row of every table. What
landed stays: run it for a version that is new to ``COMMITS`` only.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
#: The last commit of main whose newest migration has that number. Number 2 landed after 3.
COMMITS = {
    1: "a2fee0a", 3: "3e73cdd", 4: "34d8adf", 5: "9db85df", 6: "4a0f76b", 7: "f4bf00a",
    8: "de8e6c2", 9: "2cddcc4", 10: "692ce69",
}  # fmt: skip

#: Runs with that version's code. It uses what all of them have.
LIFE = """
import asyncio, json, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from iman.domain.attempt import Finished, Verdict
from iman.domain.outcome import Accepted, Refused, Unknown
from iman.domain.people import Role
from iman.domain.retry import AskSage, Done, GiveUp, RetryAt
from iman.gateways.byondpro_feed import read_page
from iman.ledger import accounts
from iman.ledger.duckdb_ledger import DuckDBLedger
from iman.ledger.resyncing import restart
try:
    from iman.ledger.audit import AuditEvent, write_audit
except ImportError:
    from iman.ledger.accounts import AuditEvent, write_audit

now = datetime(2026, 11, 23, 9, 20, tzinfo=UTC)
ledger = DuckDBLedger(Path(sys.argv[1]), now=now)
ids = ledger._ids
F48 = 'Terms Code "F48" is not defined in A/R Terms'

def payload(number, terms):
    return {
        "entry_type": "invoice", "number": f"INV-{number:06d}", "revision": 1, "company": "SERC",
        "site": {"code": "HGH", "name": "Highview Remembrance Park", "gl_segment": "30"},
        "gl_segment_rule": "E2", "booking": str(number), "sales_order": f"SO-{number:06d}",
        "description": "Right of interment and interment",
        "customer": {"number": "HGH-004512", "name": "Margaret Ellison", "kind": "person",
                     "group": "FAMILY"},
        "date": "2026-11-23", "terms": {"code": terms, "description": terms}, "currency": "AUD",
        "tax_group": "ATO", "amount": f"{3760 + number}.00", "tax": "341.82", "parent": None,
        "lines": [{"line": 1, "item": "R-1010", "description": "Lawn grave, double depth",
                   "category": {"code": "100", "description": "Right of Interment"},
                   "account_field": "revenue", "gl_account": "4000", "quantity": "1",
                   "unit_price": "3760.00", "amount": "3760.00", "tax_code": "AUS-GST",
                   "tax_class": 1, "tax_included": True, "tax": "341.82"}],
    }

def arrive(first, last):
    events = [{"cursor": str(n), "type": "document", "at": "2026-11-23T09:00:00Z",
               "document": payload(n, "F48" if n % 3 == 0 else "IMM")}
              for n in range(first, last)]
    page = read_page({"events": events, "next": str(last), "more": False})
    asyncio.run(ledger.receive(page.events, source="byondpro", cursor=str(last), now=now))

def claim():
    claims = []
    for unit in asyncio.run(ledger.claim(limit=100, now=now)):
        claims += unit if isinstance(unit, list) else [unit]
    return claims

def finish(one, outcome, following, verdict=None):
    done = Finished(claim=one, outcome=outcome, next=following, ended_at=now, verdict=verdict,
                    sent="{}", answered='{"BatchNumber": 187}')
    asyncio.run(ledger.finish([done], now=now))

def audit(action, target):
    event = AuditEvent(who="ada", role="admin", action=action, target=target, allowed=True,
                       reason="F48 was added", origin="api")
    ledger.write(lambda conn: write_audit(conn, ids, event, now=now)).result()

MISSING = Verdict(error_type="terms_missing", entity_kind="terms_code", entity="F48")
ledger.write(lambda conn: accounts.save_user(
    conn, name="ada", role=Role.ADMIN, password_hash="none", now=now)).result()
arrive(1, 13)
for hour in range(6):
    for one in claim():
        now += timedelta(seconds=1.5)
        number = int(one.key.number[4:])
        if number % 3 == 0 and one.round == 1:
            said = Refused(code="1020", text=F48, http_status=409)
            later = now + timedelta(seconds=20)
            finish(one, said, GiveUp() if one.number == 5 else RetryAt(later, burnt=True), MISSING)
        elif number == 4 and not one.asks:
            finish(one, Unknown(reason="The answer was lost (ReadTimeout)."), AskSage(now))
        else:
            finish(one, Accepted(reference=f"187-{number}"), Done(f"187-{number}"))
    now += timedelta(minutes=50)
for number in (3, 6):
    ledger.write(lambda conn: restart(conn, ids, number, who="ada", origin="api", reason="",
                                      request_id="", now=now)).result()
    audit("resync", f"SERC/invoice/INV-{number:06d}")
try:
    from iman.ledger.causes import reconcile
    ledger.write(lambda conn: reconcile(conn, ids, template_of=lambda _: "", now=now)).result()
except ImportError:
    pass
finish(claim()[0], Accepted(reference="188-1"), Done("188-1"))
arrive(13, 15)
claim()  # and cut off: these stay syncing
told = {}
conn = ledger.reader()
tables = [name for name, in conn.execute(
    "SELECT table_name FROM duckdb_tables() WHERE NOT internal AND NOT temporary ORDER BY 1"
).fetchall()]
for table in tables:
    columns = [row[0] for row in conn.execute(f"DESCRIBE {table}").fetchall()]
    listed = ", ".join(f"CAST({column} AS VARCHAR)" for column in columns)
    rows = conn.execute(f"SELECT {listed} FROM {table} ORDER BY ALL").fetchall()
    told[table] = {"columns": columns, "rows": rows}
ledger.close()
json.dump(told, sys.stdout)
"""


def make(number: int, folder: Path) -> None:
    commit = COMMITS[number]
    code = subprocess.run(
        ["git", "archive", commit], cwd=HERE.parents[2], stdout=subprocess.PIPE, check=True
    ).stdout
    tree = folder / str(number)
    with tarfile.open(fileobj=io.BytesIO(code)) as archive:
        archive.extractall(tree, filter="data")
    told = subprocess.run(
        [sys.executable, "-c", LIFE, str(tree / "ledger.duckdb")],
        cwd=tree, env=os.environ | {"PYTHONPATH": str(tree)}, stdout=subprocess.PIPE, check=True,
    ).stdout  # fmt: skip
    tables = json.loads(told)
    assert max(int(row[0]) for row in tables["schema_migrations"]["rows"]) == number
    text = json.dumps({"version": number, "commit": commit, "tables": tables}, indent=0)
    (HERE / f"{number:02}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        for one in [int(arg) for arg in sys.argv[1:]] or list(COMMITS):
            make(one, Path(made))
