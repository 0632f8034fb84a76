"""How often a password or a token may be guessed: answered before one is looked at, so guesses
cost little."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import TypeVar

from iman.errors import TooManySignIns
from iman.sync.ports import Now

K = TypeVar("K")

TRIES = 5  # wrong passwords of one name from one address
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=15)
_FORGOTTEN_AFTER = timedelta(hours=1)
_OF_AN_ADDRESS = 30  # wrong passwords from one address, of whatever names
_OF_A_NAME = 30  # wrong passwords of one name, from addresses it never signed in from
_WITHIN = timedelta(minutes=10)
_MOST = 8192  # names and addresses remembered of each kind; a stranger may invent any number


@dataclass(slots=True)
class _Tries:
    wrong: list[datetime] = field(default_factory=list)
    waits: int = 0  # how often it had to wait already
    until: datetime | None = None


class Guesses:
    """Thread-safe. A try counts as a wrong one from its beginning until it proves right."""

    def __init__(self, now: Now) -> None:
        self._now = now
        self._lock = Lock()
        self._pairs: OrderedDict[tuple[str, str], _Tries] = OrderedDict()
        self._addresses: OrderedDict[str, _Tries] = OrderedDict()
        self._names: OrderedDict[str, _Tries] = OrderedDict()

    def begin(self, name: str, address: str, *, familiar: bool) -> bool:
        """Count a try; whether the next of that name from there will have to wait.

        *familiar*: that name signed in from there before. Raises ``TooManySignIns``.
        """
        now = self._now()
        with self._lock:
            pair = _of(self._pairs, (name, address))
            there = _of(self._addresses, address)
            theirs = _of(self._names, name)
            _forget(pair, now - _FORGOTTEN_AFTER)
            if pair.until is not None and now < pair.until:
                raise _wait(pair.until - now)
            for tries, most in ((there, _OF_AN_ADDRESS), (theirs, _OF_A_NAME)):
                _forget(tries, now - _WITHIN)
                if len(tries.wrong) >= most and not familiar:
                    raise _wait(tries.wrong[0] + _WITHIN - now)
            pair.wrong.append(now)
            if not familiar:
                there.wrong.append(now)
                theirs.wrong.append(now)
            recent = sum(one > now - _FIRST_WAIT for one in pair.wrong)
            if recent < TRIES:
                return False
            pair.until = now + min(_FIRST_WAIT * 2**pair.waits, _LONGEST_WAIT)
            pair.waits = min(pair.waits + 1, 10)
            return True

    def neither(self, name: str, address: str) -> None:
        """Take back the last try from there: it was neither right nor a guess."""
        with self._lock:
            tries = self._pairs.get((name, address))
            if tries is not None and tries.wrong:
                tries.wrong.pop()
                tries.until = None

    def right(self, name: str, address: str) -> None:
        with self._lock:
            self._pairs.pop((name, address), None)
            for kept, key in ((self._addresses, address), (self._names, name)):
                if key in kept and kept[key].wrong:
                    kept[key].wrong.pop()


def _of(kept: OrderedDict[K, _Tries], key: K) -> _Tries:
    found = kept.setdefault(key, _Tries())
    kept.move_to_end(key)
    while len(kept) > _MOST:
        kept.popitem(last=False)
    return found


def _forget(tries: _Tries, before: datetime) -> None:
    tries.wrong = [one for one in tries.wrong if one > before]
    if not tries.wrong:
        tries.waits, tries.until = 0, None


def _wait(left: timedelta) -> TooManySignIns:
    seconds = max(1, round(left.total_seconds()))
    return TooManySignIns(f"Too many wrong passwords. Try again in {seconds} s.")
