"""Switches that make the Sage 300 sandbox misbehave: what can be set, and what strikes a request.

`faulty_app` is the layer that does it to the connection.
"""

import math
import random
import threading
import time
from collections import Counter, deque
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from iman.sandbox.sage_errors import MissingCode
from iman.sandbox.sage_store import SageStore

WEB_API = "/Sage300WebApi"
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
Kind = Literal[
    "timeout_before",  # never answers, nothing is stored
    "timeout_after",  # stores, then never answers
    "reset_before",  # cuts the connection, nothing is stored
    "reset_after",  # stores, then cuts the connection
    "reset_mid",  # stores, sends half of the answer, then a reset
    "truncate",  # stores, sends half of the answer, then closes
    "html_500",  # 500 with a web page, nothing is stored
    "html_500_after",  # stores, then 500 with a web page
    "message_500",  # 500 with ASP.NET's own {"Message": …}, nothing is stored
    "empty_2xx",  # stores, answers 201 with an empty body
    "too_many",  # 429 with Retry-After, nothing is stored
    "session_limit",  # 429: too many sessions, nothing is stored
    "contention",  # 409 General: somebody else posts, nothing is stored
    "unavailable",  # 503, nothing is stored
    "slow",  # answers rightly, after `seconds`
]
KINDS: tuple[Kind, ...] = get_args(Kind)
# a read stores nothing, so there is no "after", and only writes meet a posting
_WRITES_ONLY = {"timeout_after", "reset_after", "html_500_after", "contention"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Latency(_Strict):
    min: int = Field(0, ge=0, le=600_000)
    max: int = Field(0, ge=0, le=600_000)
    p99: int = Field(0, ge=0, le=600_000, description="One call in a hundred takes this long")


class Variants(_Strict):
    """What is not known of a real server; the defaults are the unsafe cases."""

    missing_code: MissingCode = MissingCode.NOT_FOUND_404
    leftovers: Literal["leave", "clean"] = "leave"
    duplicate_at_entry: Literal["accept", "refuse"] = "accept"


class Fault(_Strict):
    kind: Kind
    times: int = Field(1, ge=1, description="How many write requests it strikes")
    path: str = Field("", description="Only requests whose path contains this")
    body: str = Field("", description="Only requests whose body contains this")
    seconds: float = Field(30.0, ge=0, description="How long a time-out holds the connection")
    retry_after: int = Field(5, ge=0, description="Seconds named by a 429")


class SlowAfterIdle(_Strict):
    """The web server put its pool to sleep: who wakes it waits, and so does whoever comes then."""

    idle_seconds: float = Field(1200.0, ge=0)
    seconds: float = Field(5.0, ge=0, le=600)


class RateLimit(_Strict):
    per_second: int = Field(ge=1)
    retry_after: int = Field(1, ge=0)


class SessionLimit(_Strict):
    """More sessions than *most* at a time are refused; a session is kept by its cookie."""

    most: int = Field(ge=0)
    idle_seconds: float = Field(1200.0, ge=0, description="An unused session ends after this")


class Outage(_Strict):
    """The server is away for a while, as `down` is until it is switched off."""

    seconds: float = Field(ge=0)
    after_writes: int = Field(0, ge=0, description="Write requests served before it begins")
    until: AwareDatetime | None = Field(None, description="Set when it begins")


class Chaos(_Strict):
    """Any request may be struck. The same seed strikes the n-th request in the same way."""

    seed: int = 1
    probability: float = Field(ge=0, le=1)
    kinds: list[Kind] = Field(default_factory=lambda: list(KINDS))
    seconds: float = Field(1.0, ge=0, description="Of time-outs and slow answers")
    retry_after: int = Field(1, ge=0)

    def draw(self, number: int, method: str) -> Fault | None:
        """What strikes request *number*."""
        rng = random.Random(f"{self.seed}:{number}")  # noqa: S311 -- repeatable on purpose
        if rng.random() >= self.probability:
            return None
        suits = [k for k in self.kinds if method in WRITES or k not in _WRITES_ONLY]
        if not suits:
            return None
        kind = rng.choice(suits)
        return Fault(kind=kind, seconds=self.seconds, retry_after=self.retry_after)


class Faults(_Strict):
    latency_ms: Latency = Field(default_factory=Latency)
    variants: Variants = Field(default_factory=Variants)
    next: list[Fault] = Field(default_factory=list)
    down: bool = False
    down_as: Literal["unavailable", "closed"] = "unavailable"
    locked_periods: list[str] = Field(
        default_factory=list, description="Locked for A/R, as in 2026-01; GL:2026-01 for G/L"
    )
    outage: Outage | None = None
    random: Chaos | None = None
    rate_limit: RateLimit | None = None
    session_limit: SessionLimit | None = None
    slow_after_idle: SlowAfterIdle | None = None
    contention: bool = Field(False, description="Every posting is refused")
    posting_seconds: float = Field(0.0, ge=0, le=600, description="How long a posting takes")


class Switchboard:
    """The faults in force; kept in the store, so that they outlive a restart."""

    def __init__(self, store: SageStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._faults = Faults.model_validate(store.setting("faults", {}))
        self._requests = 0
        self._came: Counter[str] = Counter()
        self._fired: Counter[str] = Counter()
        self._recent: deque[float] = deque()
        self._last_call = -math.inf
        self._awake_at = -math.inf

    def get(self) -> Faults:
        """What is in force, to be read only."""
        return self._faults

    def put(self, faults: Faults) -> None:
        """Replace everything; an outage without delay begins now, a random sequence starts anew."""
        faults = faults.model_copy(deep=True)
        outage = faults.outage
        if outage is not None and outage.until is None and outage.after_writes == 0:
            outage.until = datetime.now(UTC) + timedelta(seconds=outage.seconds)
        with self._lock:
            self._keep(faults)
            self._requests = 0
            self._recent.clear()

    def _keep(self, faults: Faults) -> None:
        self._store.set_setting("faults", faults.model_dump(mode="json"))
        self._faults = faults

    def away(self, method: str) -> bool:
        """Whether the server is down for this request; counts it towards the next outage."""
        if self._faults.down:
            return True
        if self._faults.outage is None:
            return False
        with self._lock:
            return self._outage_strikes(method)

    def _outage_strikes(self, method: str) -> bool:
        outage, now = self._faults.outage, datetime.now(UTC)
        if outage is None:
            return False
        if outage.until is not None:
            if now < outage.until:
                return True
            self._keep(self._faults.model_copy(update={"outage": None}))
            return False
        if method not in WRITES:
            return False
        if outage.after_writes:
            left = outage.model_copy(update={"after_writes": outage.after_writes - 1})
        else:
            until = now + timedelta(seconds=outage.seconds)
            left = outage.model_copy(update={"until": until})
        self._keep(self._faults.model_copy(update={"outage": left}))
        return left.until is not None

    def wait_seconds(self) -> float:
        """How long this request waits before anything is done."""
        latency = self._faults.latency_ms
        seconds = 0.0
        if latency.max or latency.min or latency.p99:
            most = max(latency.min, latency.max)
            seconds = random.uniform(latency.min, most) / 1000  # noqa: S311 -- no secret
            if latency.p99 and random.random() < 0.01:  # noqa: S311 -- as above
                seconds = latency.p99 / 1000
        idle = self._faults.slow_after_idle
        now = time.monotonic()
        with self._lock:
            if idle is not None and now - self._last_call > idle.idle_seconds:
                self._awake_at = now + idle.seconds
            self._last_call = now
            return seconds + (max(self._awake_at - now, 0.0) if idle is not None else 0.0)

    def over_rate(self) -> bool:
        """Whether this request is one too many within a second."""
        limit = self._faults.rate_limit
        if limit is None:
            return False
        now = time.monotonic()
        with self._lock:
            while self._recent and self._recent[0] <= now - 1:
                self._recent.popleft()
            if len(self._recent) >= limit.per_second:
                return True
            self._recent.append(now)
        return False

    @property
    def reads_bodies(self) -> bool:
        """Whether a request's body has to be known before it is let through."""
        return any(fault.body for fault in self._faults.next)

    def take(self, method: str, path: str, body: bytes = b"") -> Fault | None:
        """The fault for a request, used up by asking."""
        found = self._take_next(path, body) if method in WRITES and self._faults.next else None
        chaos = self._faults.random
        if found is None and chaos is not None:
            with self._lock:
                number, self._requests = self._requests, self._requests + 1
            found = chaos.draw(number, method)
        if found is not None:
            with self._lock:
                self._fired[found.kind] += 1
        return found

    def came(self, method: str) -> None:
        """Count a request, whatever becomes of it."""
        with self._lock:
            self._came[method] += 1

    def counts(self) -> dict[str, dict[str, int]]:
        """Since the process started: requests by method, and how often each fault struck."""
        with self._lock:
            return {"requests": dict(self._came), "faults": dict(self._fired)}

    def _take_next(self, path: str, body: bytes) -> Fault | None:
        with self._lock:
            faults = self._faults.model_copy(deep=True)
            for fault in faults.next:
                if fault.path in path and fault.body.encode() in body:
                    fault.times -= 1
                    faults.next = [left for left in faults.next if left.times > 0]
                    self._keep(faults)
                    return fault
        return None
