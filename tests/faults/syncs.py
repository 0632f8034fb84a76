"""An fsync that fails: a few lines of C before libc's, on Linux where there is a compiler."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_FLAG = "FAILING_SYNC_FLAG"


def can_fail() -> bool:
    """Whether a process can be started whose fsync fails when we say so."""
    return sys.platform == "linux" and shutil.which("cc") is not None


def preloading(folder: Path, *, flag: Path, truncate: bool = False) -> dict[str, str]:
    """What a process's environment needs so that it cannot sync its ledger while *flag* is there.

    *truncate*: nor take back what it could not sync.
    """
    library = folder / "failing_sync.so"
    source = Path(__file__).with_name("failing_sync.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source)], check=True)
    more = {"FAILING_SYNC_TRUNCATE": "1"} if truncate else {}
    return {"LD_PRELOAD": str(library), _FLAG: str(flag)} | more


def our_flag() -> Path | None:
    """The flag of this very process, where it was started so."""
    named = os.environ.get(_FLAG)
    return Path(named) if named else None
