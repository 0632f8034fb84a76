"""The rules that count now, for a process that runs on while they change."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

from iman.classify.built_in import built_in_rules
from iman.classify.own import OwnRule, load_with
from iman.classify.rules import Rules
from iman.classify.types import Classification

_REMEMBERED = 16_384  # texts; most refusals are repeats


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleSet:
    """One set of rules: the site's own, and all together. Never changed.

    Built-in rules are read when somebody asks for them: most processes classify nothing.
    """

    own: tuple[OwnRule, ...]
    fingerprint: str
    filed: Rules | None  # where there are files: their rules and the built-in ones
    together: Rules | None  # where there are own rules: all

    @property
    def base(self) -> Rules:
        """All but the site's own."""
        return self.filed or built_in_rules()

    @property
    def rules(self) -> Rules:
        return self.together or self.base


class RulesInForce:
    """Exchanged as a whole, so every text is read by one set. Safe to share between threads.

    *files*: rule files or folders, which come after the site's own rules and before the built-in.
    Raises `RuleError` where one of them cannot be used.
    """

    def __init__(self, files: Sequence[Path] = (), own: Sequence[OwnRule] = ()) -> None:
        self.files = tuple(files)
        self._filed = load_with(self.files, ()) if self.files else None
        self._current, self._classify = self._made(own)

    @property
    def current(self) -> RuleSet:
        return self._current

    def with_own(self, own: Sequence[OwnRule]) -> RuleSet:
        """What it would be with these own rules. Raises `RuleError`."""
        return RuleSet(
            own=tuple(own),
            fingerprint=_fingerprint(self.files, own),
            filed=self._filed,
            together=load_with(self.files, own) if any(rule.on for rule in own) else None,
        )

    def use(self, own: Sequence[OwnRule]) -> RuleSet:
        """From now on. Raises `RuleError`, and then nothing has changed."""
        made, classify = self._made(own)
        self._current, self._classify = made, classify
        return made

    def classify(
        self, text: str, http_status: int | None = None, code: str | None = None
    ) -> Classification:
        """By the rules in force. Never raises for any text."""
        return self._classify(text, http_status, code)

    def _made(self, own: Sequence[OwnRule]) -> "tuple[RuleSet, _Remembered]":
        made = self.with_own(own)
        return made, _Remembered(made)


class _Remembered:
    def __init__(self, rules: RuleSet) -> None:
        self._set = rules
        self._known = lru_cache(maxsize=_REMEMBERED)(self._read)

    def __call__(self, text: str, http_status: int | None, code: str | None) -> Classification:
        return self._known(text, http_status, code)

    def _read(self, text: str, http_status: int | None, code: str | None) -> Classification:
        return self._set.rules.classify(text, http_status=http_status, code=code)


def _fingerprint(files: Sequence[Path], own: Sequence[OwnRule]) -> str:
    """The same where every text is read the same: by these rules, and by this code."""
    digest = hashlib.sha256(_code_digest().encode())
    for path in files:
        for file in sorted(path.glob("*.toml")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    digest.update(json.dumps([asdict(rule) for rule in own if rule.on]).encode())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=1)
def _code_digest() -> str:
    digest = hashlib.sha256()
    folder = resources.files("iman.classify")
    for part in (folder, folder / "rules"):
        for file in sorted(part.iterdir(), key=lambda one: one.name):
            if file.name.endswith((".py", ".toml")):
                digest.update(file.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()
