"""What the manager's report says beside the Overview's own words."""

from __future__ import annotations

from datetime import date, datetime

from iman.dashboard.formats import day

REPORT = "Report"
REPORT_HELP = "The Overview of a month as one file, to send or to print"
MONTH = "Month"
SAVE = "Save the report"
EVERYTHING = "All companies, sites and entry types"
FIGURES = "In figures"
RETRIES = "Which retries were refused?"
OPEN = "open"
RESOLVED = "resolved"
NOW = "now"
AT_END = "on the last day"
NOT_WRITTEN = "not written down then"


def title(ends: date) -> str:
    return f"From byondpro to Sage 300: {ends:%B} {ends.year}"


def month_name(first: date) -> str:
    return f"{first:%B} {first.year}"


def taken(at: datetime, by: str, zone: str) -> str:
    return f"Taken {day(at.date())}, {at:%H:%M} by {by}; days and hours are those of {zone}."


def missing(ends: date) -> str:
    return f"What is dated on or before {day(ends)} and is not in Sage 300 now?"


def file_name(first: date) -> str:
    return f"iman-report_{first:%Y-%m}.html"
