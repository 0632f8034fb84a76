"""The sandboxes as processes: start, kill -9, port in use, SIGTERM."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest

SECRETS = {"IMAN_SANDBOX_TOKEN": "t", "IMAN_SANDBOX_PASSWORD": "P"}


@contextmanager
def process(system, data, *more):
    env = os.environ | SECRETS
    command = [sys.executable, "-m", "iman.sandbox", system, "--port", "0", "--data", str(data)]
    with subprocess.Popen(
        [*command, *more], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as started:
        try:
            line = started.stdout.readline()
            assert line.startswith(f"{system} sandbox on http://127.0.0.1:"), started.stderr.read()
            yield started, line.split()[-1]
        finally:
            if started.poll() is None:
                started.kill()
            started.communicate()


def test_what_was_answered_survives_kill_9(tmp_path, make_batch):
    web_api = "/Sage300WebApi/v1.0/-/SERDAT/AR/ARInvoiceBatches"
    with process("sage300", tmp_path) as (first, url):
        for number in range(5):
            body = make_batch(DocumentNumber=f"D{number}")
            answer = httpx.post(url + web_api, json=body, auth=("WEBAPI", "P"))
            assert answer.status_code == 201
        first.kill()
        first.wait()
    with process("sage300", tmp_path) as (_, url):
        found = httpx.get(f"{url}/sandbox/documents", auth=("WEBAPI", "P")).json()
    assert [row["document_number"] for row in found] == ["D0", "D1", "D2", "D3", "D4"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM to handle")
@pytest.mark.parametrize("system", ["byondpro", "sage300"])
def test_a_sandbox_stops_cleanly_on_sigterm(tmp_path, system):
    with process(system, tmp_path) as (started, url):
        assert httpx.get(url).status_code == 200
        started.send_signal(signal.SIGTERM)
        _, errors = started.communicate(timeout=10)
        assert (started.returncode, errors) == (0, "")


def test_a_port_in_use_is_one_line_and_status_2(tmp_path):
    with process("byondpro", tmp_path / "a") as (_, url):
        port = url.rsplit(":", 1)[1]
        second = subprocess.run(
            [
                sys.executable,
                "-m",
                "iman.sandbox",
                "byondpro",
                "--port",
                port,
                "--data",
                str(tmp_path / "b"),
            ],
            env=os.environ | SECRETS,
            capture_output=True,
            text=True,
            check=False,
        )
    assert second.returncode == 2
    assert second.stderr.count("\n") == 1
    assert f"port {port} cannot be used" in second.stderr


def test_a_missing_secret_is_one_line(tmp_path):
    clean = {k: v for k, v in os.environ.items() if k not in SECRETS}
    started = subprocess.run(
        [sys.executable, "-m", "iman.sandbox", "sage300", "--data", str(tmp_path)],
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 2
    assert started.stderr.strip() == "sandbox: set IMAN_SANDBOX_PASSWORD"


def test_the_sandbox_does_not_load_what_it_must_not_know():
    code = (
        "import sys, iman.sandbox.__main__\n"
        "print([m for m in sys.modules if m.startswith(('iman.sync', 'iman.gateways',"
        " 'iman.ledger', 'streamlit', 'duckdb', 'pandas'))])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
