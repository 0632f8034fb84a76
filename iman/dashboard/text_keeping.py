"""What the dashboard says of backups and of the ledger's disk."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from iman.api.backups import BackupState
from iman.api.storage import StorageState
from iman.api.wire import Health
from iman.dashboard.formats import count, moment, span

TITLE = "Is the history safe, and is there room for it?"
NEVER = "Never backed up"
LATE = "The backup is overdue"
SAFE = "Backed up"
RUNNING = "Being backed up"
FAILED = "The last backup failed"
NO_SCHEDULE = "No schedule is set: give backup_every, in hours, and each is made by itself."
BACK_UP_NOW = "Back up now"
BACK_UP_EXPLAINED = (
    "The whole ledger is copied while pushing goes on, and the copy is read back and compared."
)
CONFIRM = "Back it up"
STARTED = "The backup is under way."
AWAY = "The daemon is away: iman backup FOLDER makes a backup without it."
ONLY_ADMINS = "Only an administrator may back the ledger up."
ROOM = "Room on the ledger’s disk"
ENOUGH, SHORT, RESTING = "Enough", "Runs short", "Pushing rests"
SOON = 14  # days left that are called short


def held_back(health: Health) -> str:
    """Why nothing is taken up; empty where that is not so."""
    return f"Pushing is held back: {health.held_back}." if health.held_back else ""


def backup_lamp(state: BackupState) -> tuple[str, str]:
    """Tone and word."""
    if state.running:
        return "retrying", RUNNING
    if state.trouble:
        return "failed", FAILED
    if state.late:
        return "failed", LATE
    return ("synced", SAFE) if state.last else ("parked", NEVER)


def backup_told(state: BackupState, zone: ZoneInfo, now: datetime) -> list[str]:
    """Sentences, the most urgent first."""
    said = []
    if state.running:
        said.append(f"{state.doing.capitalize()}, {state.part:.0%} done.")
    if state.trouble:
        said.append(state.trouble)
    if state.last:
        age = span(now - state.last.taken_at)
        said.append(
            f"The last one is {age} old: {moment(state.last.taken_at, zone, now)}, "
            f"{size(state.last.bytes)}, {count(state.last.rows, 'row')}, verified. It took "
            f"{span(timedelta(seconds=max(1, round(state.last.seconds))))}."
        )
    if state.every_hours:
        said.append(
            f"One every {span(timedelta(hours=state.every_hours))}, the newest {state.keep} are "
            f"kept in {state.folder}."
        )
        if state.next_at and not state.running:
            said.append(f"The next is due at {moment(state.next_at, zone, now)}.")
    else:
        said.append(NO_SCHEDULE)
    return said


def room_lamp(state: StorageState) -> tuple[str, str]:
    if state.resting:
        return "failed", RESTING
    if state.days_left is not None and state.days_left < SOON:
        return "retrying", SHORT
    return "synced", ENOUGH


def room_told(state: StorageState) -> list[str]:
    whole = state.ledger_bytes + state.log_bytes + state.archive_bytes
    said = [
        f"The ledger takes {size(whole)}; {size(state.free_bytes)} are free, and below "
        f"{size(state.reserve_bytes)} pushing rests until there is room."
    ]
    if state.per_day_bytes is None:
        said.append("How fast it grows is known after two days.")
    elif state.days_left is None:
        said.append("It has not grown lately.")
    else:
        said.append(
            f"It grows by {size(state.per_day_bytes)} a day: enough for {_long(state.days_left)}."
        )
    return said


def size(whole: int) -> str:
    """``870 kB``, ``12.3 MB``, ``4.5 GB``: in thousands, as disks are sold."""
    for unit, length in (("GB", 1e9), ("MB", 1e6)):
        if abs(whole) >= length:
            return f"{whole / length:,.1f} {unit}"
    return f"{whole / 1e3:,.0f} kB"


def _long(days: float) -> str:
    if days >= 730:
        return "more than two years"
    return count(round(days), "day") if days >= 1 else "less than a day"
