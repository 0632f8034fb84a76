"""Calls made from the API's own description, as nobody and as each role.

``python -m tests.api.fuzz --calls 20000`` makes more of them.
"""

from __future__ import annotations

from pathlib import Path

from iman.ledger.audit import verify
from tests.api.fuzz.campaign import Campaign
from tests.api.fuzz.ground import ground


def test_no_call_breaks_the_api_its_description_or_a_row_it_was_refused(tmp_path: Path):
    with ground(tmp_path) as here:
        report = Campaign(here).run(1000)
        assert verify(here.ledger.reader()).broken is None
    assert not report.faults, "\n".join(report.faults[:5])
    assert report.calls > 900
    assert {200, 201, 401, 403, 404, 409, 422} <= set(report.answers)
