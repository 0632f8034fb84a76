"""Secrets: as they are given, from a file, or from the operating system's key ring; read at use.

Given as ``file:PATH`` it stands in that file, alone; as ``keyring:SERVICE/NAME`` in the key ring.
So a changed one is used without a restart, and none need stand in the environment.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from threading import Lock

from pydantic import SecretStr

from iman.errors import SettingsError

_FILE, _KEYRING = "file:", "keyring:"
_MOST = 64 * 1024  # bytes of a file


class Secret:
    """One secret; *setting* names it where it cannot be read. Used from any thread."""

    def __init__(self, given: SecretStr, setting: str) -> None:
        self._given = given
        self._setting = setting
        self._known: tuple[object, str] | None = None  # of which state of its place, and the value
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"Secret({self._setting})"

    def value(self) -> str:
        """As it is now. Raises ``SettingsError``: it cannot be read, or others may read it."""
        given = self._given.get_secret_value()
        if given.startswith(_FILE):
            return self._of_file(Path(given.removeprefix(_FILE)))
        if given.startswith(_KEYRING):
            return self._of_keyring(given.removeprefix(_KEYRING))
        return given

    def changed(self) -> bool:
        """Read it again, after it was refused; whether it is another than the one used."""
        with self._lock:
            known, self._known = self._known, None
        return known is not None and self.value() != known[1]

    def _of_file(self, path: Path) -> str:
        try:
            with path.open("rb") as opened:
                state = os.fstat(opened.fileno())
                if why := _open_to_others(state):
                    raise SettingsError(f"{self._setting}: {path} {why}.")
                stamp = (state.st_ino, state.st_mtime_ns, state.st_size)
                with self._lock:
                    if self._known is not None and self._known[0] == stamp:
                        return self._known[1]
                    found = opened.read(_MOST).decode("utf-8").strip("\r\n")
                    self._known = stamp, found
        except UnicodeDecodeError:
            raise SettingsError(f"{self._setting}: {path} holds no text.") from None
        except OSError as exc:
            raise SettingsError(
                f"{self._setting}: {path} cannot be read: {exc.strerror or exc}."
            ) from exc
        if not found:
            raise SettingsError(f"{self._setting}: {path} is empty.")
        return found

    def _of_keyring(self, place: str) -> str:
        with self._lock:
            if self._known is not None:
                return self._known[1]
            service, _, name = place.partition("/")
            try:
                keyring = importlib.import_module("keyring")
            except ImportError as exc:
                raise SettingsError(
                    f"{self._setting}: the key ring needs one more package: "
                    "pip install 'iman[keyring]'."
                ) from exc
            try:
                found = keyring.get_password(service, name)
            except Exception as exc:  # every backend has errors of its own
                raise SettingsError(
                    f"{self._setting}: the key ring cannot be read ({type(exc).__name__})."
                ) from exc
            if not found:
                raise SettingsError(f"{self._setting}: the key ring has no {place}.")
            self._known = place, str(found)
            return self._known[1]


def _open_to_others(state: os.stat_result) -> str:
    """Why nobody should trust the file; '' where only its owner's may read it.

    Windows tells this in lists that Python does not read: an administrator sees to it there.
    """
    if sys.platform == "win32":
        return ""
    if state.st_mode & 0o077:
        return "may be read or changed by others: chmod 600 it"
    if state.st_uid not in (0, os.geteuid()):
        return "belongs to another user"
    return ""
