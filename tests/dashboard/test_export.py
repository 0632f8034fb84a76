from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
import pytest

from iman.dashboard import export

NOW = datetime(2026, 3, 4, 14, 2, tzinfo=UTC)


@pytest.mark.parametrize("start", ["=1+1", "+61 3", "-1", "@sum", "\t=1", "\r=1"])
def test_a_text_that_a_spreadsheet_takes_for_a_formula_gets_an_apostrophe(start: str):
    told = export.csv(pd.DataFrame({"said": [start], start: ["plain"]}))
    assert told.decode("utf-8-sig").count("'" + start) == 2


def test_numbers_stay_numbers():
    frame = pd.DataFrame({"amount": [Decimal("-3.000")], "n": [-2]})
    assert export.csv(frame).decode("utf-8-sig") == "amount,n\n-3.000,-2\n"


def test_the_files_name_says_the_filter_and_nothing_dangerous():
    name = export.file_name("audit", {"who": "../../etc/ada", "q": "", "allowed": "no"}, NOW)
    assert name == "iman-audit_who-..-..-etc-ada_allowed-no_2026-03-04-1402.csv"
