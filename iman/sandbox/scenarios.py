"""The scenarios both sandboxes can start from; stub."""

from datetime import date

NAMES = (
    "reference",
    "clean",
    "empty",
    "clump",
    "f48",
    "gl6030",
    "cvm",
    "f36",
    "locked",
    "waiting",
    "credit",
    "plan",
    "outage",
    "lost",
    "newtype",
    "package",
    "redeem",
    "all",
)
LOST_INVOICE = "INV-010610"


def locked_month(today: date) -> date:
    """The first day of the month that `locked` finds locked: two months back."""
    index = today.year * 12 + today.month - 1 - 2
    return date(index // 12, index % 12 + 1, 1)
