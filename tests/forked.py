"""Our own processes without the second each takes to import: forked from one that has it all.

Linux only; elsewhere a process is started as a person would (``tests/system.py``). A child is a
process like any other: its own id, files, environment and signals, ended by ``kill`` when told.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
#: What the daemon, the sandbox and a command of the CLI import before they do anything.
_IMPORTED = ("iman.bootstrap", "iman.logs", "iman.sandbox.__main__", "uvicorn.loops.auto",
             "uvicorn.protocols.http.auto", "uvicorn.lifespan.on")  # fmt: skip

_PR_SET_PDEATHSIG = 1


class Forked:
    """What ``subprocess.Popen`` is to its starter, as far as tests ask."""

    def __init__(self, pid: int, ended: socket.socket) -> None:
        self.pid = pid
        self._ended = ended
        self.returncode: int | None = None

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._ended], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            told = self._ended.recv(16)
            self.returncode = int(told) if told else -signal.SIGKILL  # the parent is gone too
            self._ended.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:  # its id is its own until its end is told
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Parent:
    """One a test process, started when first wanted; it ends when the test process does."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.forked", str(theirs.fileno())],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, cwd=ROOT,
                # one thread: a fork takes along no other
                env=os.environ | {"PYTHONUNBUFFERED": "1", "OPENBLAS_NUM_THREADS": "1"},
            )  # fmt: skip
        self._socket = ours
        atexit.register(self._end)

    def _end(self) -> None:
        """It goes when nobody can ask any more; and whoever it began goes with it."""
        self._socket.close()
        self._process.wait()

    def start(self, arguments: list[str], environment: dict[str, str], out: int) -> Forked:
        """*arguments* as after ``python``: ``-m`` and a module, or a script, and what it is given.

        *out* is the descriptor of standard output and error.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            asked = json.dumps({"arguments": arguments, "environment": environment}).encode()
            socket.send_fds(self._socket, [asked], [out, theirs.fileno()])
            pid = int(self._socket.recv(16))
        return Forked(pid, ours)


_parent: Parent | None = None


def start(arguments: list[str], environment: dict[str, str], out: int) -> Forked:
    global _parent
    if _parent is None:
        _parent = Parent()
    return _parent.start(arguments, environment, out)


# -- the parent -----------------------------------------------------------------------------------


def _serve(asks: socket.socket) -> None:
    """Fork a child for each request, and tell each one's end; until nobody can ask any more."""
    import gc
    import importlib

    for name in _IMPORTED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a child's collections leave what is shared untouched

    woken, wake = socket.socketpair()
    woken.setblocking(False)
    wake.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno())
    children: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([asks, woken], [], [])
        if woken in ready:
            woken.recv(4096)
            _tell_ends(children)
        if asks in ready:
            body, descriptors, _, _ = socket.recv_fds(asks, 1 << 20, 2)
            if not body:
                return
            out, tell = descriptors
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                for one in (asks, woken, wake, *children.values()):
                    one.close()
                os.close(tell)
                _become(json.loads(body), out)
            os.close(out)
            children[pid] = socket.socket(fileno=tell)
            asks.send(str(pid).encode())


def _tell_ends(children: dict[int, socket.socket]) -> None:
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        with children.pop(pid) as tell, contextlib.suppress(OSError):
            tell.send(str(os.waitstatus_to_exitcode(status)).encode())


def _become(asked: dict[str, Any], out: int) -> None:
    """Go on as ``python *arguments*`` would, and end."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # with the parent, which ends with its test process: nobody is left behind
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.close(out)
        os.environ.clear()
        os.environ.update(asked["environment"])
        time.tzset()
        first, *rest = asked["arguments"]
        if first == "-m":
            sys.argv = rest
            runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        else:
            sys.argv = [first, *rest]
            runpy.run_path(first, run_name="__main__")
        status = 0
    except SystemExit as exc:
        status = exc.code if isinstance(exc.code, int) else 0 if exc.code is None else 1
    except BaseException:  # noqa: BLE001 -- as the interpreter does at its end
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
