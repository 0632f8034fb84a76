"""A write-ahead log whose last page was not written whole, as after a power cut.

DuckDB passes over most such tails. Where bytes of another file stand there it takes them for a
record's length, or misses its own mark, and does not open the ledger at all; then what is behind
the last whole record is moved aside. Whole records, thus everything acknowledged, stay.

The log: a head that ends in 0xFFFF, then records: length and checksum, 8 bytes each, and so many
bytes (DuckDB 1.2 to 2.0, ``WriteAheadLog``).
"""

from __future__ import annotations

import struct
from pathlib import Path

_HEAD = 512  # bytes within which the head ends
_FRAME = struct.Struct("<QQ")


def cut_torn_tail(ledger: Path) -> Path | None:
    """Move what is behind the last whole record into a file beside the log; that file's path.

    None where there is no log, or nothing to cut. Only for a ledger that nobody has open.
    """
    log = ledger.with_name(ledger.name + ".wal")
    if not log.exists():
        return None
    written = log.read_bytes()
    end = _end_of_records(written)
    if end is None or end == len(written):
        return None
    aside = _free(log)
    aside.write_bytes(written[end:])
    with log.open("r+b") as file:
        file.truncate(end)
    return aside


def _end_of_records(written: bytes) -> int | None:
    """Where the last whole record ends; None where the head is not found."""
    head = written.find(b"\xff\xff", 0, _HEAD)
    if head < 0:
        return None
    end = head + 2
    while end + _FRAME.size <= len(written):
        length, _ = _FRAME.unpack_from(written, end)
        if not 0 < length <= len(written) - end - _FRAME.size:
            break
        end += _FRAME.size + length
    return end


def _free(log: Path) -> Path:
    number = 1
    while (aside := log.with_name(f"{log.name}.torn-{number}")).exists():
        number += 1
    return aside
