"""``kill -9`` at any moment: nothing lost, nothing twice."""

from __future__ import annotations

import random
import time
from pathlib import Path

from tests.system import bench, wait_for

KILLS, DOCUMENTS = 50, 300


def test_fifty_kills_lose_nothing_and_push_nothing_twice(tmp_path: Path) -> None:
    moments = random.Random(20261124)
    settle = 3.0  # seconds; far longer than this Sage 300 works on a request
    with bench(
        tmp_path, IMAN_SETTLE=str(settle), IMAN_ASK_EVERY="0.3", IMAN_INTAKE_EVERY="0.2",
        IMAN_WRITE_BACK_EVERY="0.2", IMAN_RETRY_WAIT_MIN="0.3", IMAN_RETRY_WAIT_MAX="0.5",
        IMAN_BATCH_MOST="1",
    ) as here:  # fmt: skip
        here.add_account("6030")
        here.faults(latency_ms={"min": 150, "max": 400})
        here.generate(DOCUMENTS, seed=7)
        killed_while_pushing = 0
        for kill in range(KILLS):
            # Every fifth dies at a random moment of its start, the others at one of their work.
            starting = kill % 5 == 4
            daemon = here.start_daemon(ready=not starting)
            if kill == 0:
                stays, goes = here.api("support"), here.api("support")
                assert goes.http.delete("/sessions/current").status_code == 204
            if not starting:  # its work has begun, or there is none left
                before = here.in_sage().total()
                wait_for(
                    lambda before=before: not before < DOCUMENTS or here.in_sage().total() > before,
                    seconds=240,  # a busy machine has much to look up before anything new goes
                    every=0.2,  # its answer is long, and Sage 300 has other things to do
                )
            time.sleep(moments.uniform(0.0, 1.2 if starting else 0.8))
            assert daemon.running, daemon.text()[-3000:]  # the ledger opened
            daemon.kill()
            killed_while_pushing += 0 < len(here.in_sage()) < DOCUMENTS
        assert killed_while_pushing > KILLS // 2

        here.faults(latency_ms={"min": 0, "max": 10})
        here.start_daemon()
        wait_for(
            lambda: all(one["status"] == "processed" for one in here.byondpro_states().values()),
            seconds=90,
            every=0.5,
        )
        in_sage = here.in_sage()
        assert len(here.byondpro_states()) == DOCUMENTS
        assert set(in_sage) == set(here.byondpro_states())
        assert {number: times for number, times in in_sage.items() if times != 1} == {}
        api = here.api()
        invoices = api.get("/counts")["rows"][0]
        assert (invoices["synced"], invoices["failed"]) == (DOCUMENTS, 0)
        told = [one.http.get("/me").status_code for one in (stays, goes)]
        assert told == [200, 401]  # what was signed out stays so, what was not does too
