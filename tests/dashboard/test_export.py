from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
import pyarrow as pa

from iman.dashboard import export
from iman.dashboard.export import Format, file_name, to_table
from tests.dashboard.fakes import SeededReading

NOW = datetime(2026, 3, 4, 14, 2, tzinfo=UTC)


def test_the_files_name_says_the_filter_and_nothing_dangerous():
    name = file_name("audit", {"who": "../../etc/ada", "q": "", "allowed": "no"}, NOW, Format.EXCEL)
    assert name == "iman-audit_who-..-..-etc-ada_allowed-no_2026-03-04-1402.xlsx"


def test_a_long_filter_never_cuts_the_ending_off():
    assert file_name("x", {"q": "y" * 500}, NOW, Format.PARQUET).endswith("-1402.parquet")


def test_columns_keep_their_types():
    table = to_table(
        pd.DataFrame(
            {
                "amount": [Decimal("3.5"), None],
                "n": [1, 2],
                "at": pd.to_datetime(["2026-03-04T10:00", None], utc=True),
                "said": ["x", None],
                "mixed": ["x", 3],
                "nothing": [None, None],
            }
        )
    )
    kinds = {field.name: field.type for field in table.schema}
    assert kinds["amount"] == pa.decimal128(19, 3)
    assert kinds["n"] == pa.int64()
    assert pa.types.is_timestamp(kinds["at"])
    assert kinds["at"].tz
    assert table["mixed"].to_pylist() == ["x", "3"]
    assert table["said"].to_pylist() == ["x", None]


def test_records_of_the_api_become_rows_with_money_as_money():
    several = [one.model_copy() for one in list(SeededReading().known.values())[:2]]
    frame = export.of_models(several, "lines", "links")
    table = to_table(frame)
    assert pa.types.is_decimal(table.schema.field("amount").type)
    assert table["state"].to_pylist() == ["failed", "retrying"]
