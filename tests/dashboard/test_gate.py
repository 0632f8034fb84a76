"""The door, at the real process: ``python app.py`` and a control API over real HTTP."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.dashboard.conftest import (
    ROOT,
    Dashboard,
    clean_environment,
    free_loopback_port,
    process,
)

PAGES = ["/", *(f"/{p.stem}" for p in (ROOT / "pages").glob("*.py") if p.stem[0] != "_")]
INSIDES = [
    "/_stcore/metrics",
    "/_stcore/host-config",
    "/monitor/_stcore/host-config",
    "/static/js/anything.js",
    "/app/static/icon.svg",
    "/media/0123456789abcdef.png",
    "/static/index.html",
]


def open_socket(dashboard: Dashboard, token: str = "", **headers: str) -> ClientConnection:
    if token:
        headers["Cookie"] = f"iman_session={token}"
    return connect(
        dashboard.stream,
        subprotocols=["streamlit"],
        additional_headers=headers,
        max_size=None,
        proxy=None,
    )


def run_page(socket: ClientConnection, page: str = "") -> str:
    """Ask for a run of *page*; every text it drew."""
    message = BackMsg()
    message.rerun_script.page_name = page
    socket.send(message.SerializeToString())
    drawn = []
    while True:
        got = ForwardMsg.FromString(socket.recv(timeout=20))
        if got.WhichOneof("type") == "delta":
            drawn.append(str(got.delta))
        if got.WhichOneof("type") == "script_finished":
            return "\n".join(drawn)


def test_on_a_server_just_started_a_stranger_gets_only_the_form(fresh_dashboard: Dashboard):
    dashboard = fresh_dashboard
    for page in [*PAGES, "/anything/at/all"]:
        answer = dashboard.http.get(page + "?id=7")
        assert answer.status_code == 303, page
        assert answer.headers["location"].startswith("/auth/login?next=")
        form = dashboard.http.get(answer.headers["location"])
        assert '<input id="password"' in form.text
        assert form.headers["content-security-policy"].startswith("default-src 'none'")
    for inside in INSIDES:
        assert dashboard.http.get(inside).status_code == 401, inside
        browsing = {"accept": "text/html"}
        assert dashboard.http.get(inside, headers=browsing).status_code == 401, inside
    assert dashboard.http.post("/").status_code == 401
    for token in ("", "x" * 43):
        with pytest.raises(InvalidStatus) as refused, open_socket(dashboard, token):
            pass
        assert refused.value.response.status_code == 401
    forged = {"x-iman-session": "x" * 43, "x-iman-gate": "y" * 32, "x-iman-role": "admin"}
    with pytest.raises(InvalidStatus), open_socket(dashboard, **forged):
        pass
    assert dashboard.api.asked.count("/api/v1/overview") == 0


def test_a_person_signs_in_works_and_signs_out(dashboard: Dashboard):
    wrong = dashboard.http.post("/auth/login", data={"name": "ada", "password": "nope"})
    unknown = dashboard.http.post("/auth/login", data={"name": "eve", "password": "nope"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace("ada", "eve") == unknown.text
    assert 'role="alert">Wrong name or password.' in wrong.text

    form = {"name": "ada", "password": "correct horse", "next": "/document?id=1"}
    answer = dashboard.http.post("/auth/login", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/document?id=1")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie  # plain HTTP
    page = dashboard.http.get("/document")
    assert page.status_code == 200
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "unsafe-eval" not in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["x-frame-options"] == "DENY"
    script = re.search(r'src="(/static/js/index[^"]+)"', page.text)
    assert script
    plain = dashboard.http.get(script[1], headers={"accept-encoding": "identity"})
    packed = dashboard.http.get(script[1])
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert "javascript" in packed.headers["content-type"]
    for outside in ("/static/..%2f..%2findex.html", "/static/js/../../../config.py"):
        assert dashboard.http.get(outside).status_code in (200, 400, 404)
        assert "import" not in dashboard.http.get(outside).text[:200]
    assert dashboard.http.get("/auth/session").status_code == 204

    asking = dashboard.http.get("/auth/logout")
    assert "<form" in asking.text
    assert dashboard.http.get("/auth/session").status_code == 204  # a link alone does nothing
    assert dashboard.http.post("/auth/logout").status_code == 303
    assert dashboard.api.sessions == {}
    assert dashboard.http.get("/auth/session").status_code == 401


def test_another_site_can_neither_sign_in_nor_out_nor_connect(dashboard: Dashboard):
    token = dashboard.sign_in()
    evil = {"origin": "http://127.0.0.1:1"}
    form = {"name": "ada", "password": "correct horse"}
    assert dashboard.http.post("/auth/login", data=form, headers=evil).status_code == 403
    cookie = {"cookie": f"iman_session={token}"}
    assert dashboard.http.post("/auth/logout", headers=evil | cookie).status_code == 403
    cross = {"sec-fetch-site": "cross-site"}
    assert dashboard.http.post("/auth/logout", headers=cross | cookie).status_code == 403
    with pytest.raises(InvalidStatus) as refused, open_socket(dashboard, token, **evil):
        pass
    assert refused.value.response.status_code == 403
    assert dashboard.http.get("/", headers={"host": "evil.test"} | cookie).status_code == 400
    assert len(dashboard.api.sessions) == 1
    with open_socket(dashboard, token):
        pass


def test_next_never_leads_away(dashboard: Dashboard):
    for address in (
        "https://evil.test/",
        "//evil.test",
        "/\\evil.test",
        "/auth/logout",
        "x",
        "/\r\nx",
    ):
        form = {"name": "ada", "password": "correct horse", "next": address}
        assert dashboard.http.post("/auth/login", data=form).headers["location"] == "/"


def test_forged_headers_do_not_make_anybody_an_admin(dashboard: Dashboard):
    admin, manager = dashboard.sign_in("ada"), dashboard.sign_in("mia")
    with open_socket(
        dashboard, manager, **{"x-iman-session": admin, "x-iman-role": "admin"}
    ) as tab:
        drawn = run_page(tab, "document")
        assert "mia" in drawn
        assert "Manager" in drawn
        assert "Who may sign in" not in run_page(tab, "people")


def test_an_old_tab_loses_its_rights_within_seconds_of_the_sign_out(dashboard: Dashboard):
    token = dashboard.sign_in()
    with open_socket(dashboard, token) as idle, open_socket(dashboard, token) as busy:
        assert "have failed" in run_page(busy)
        cookie = {"cookie": f"iman_session={token}"}
        dashboard.http.post("/auth/logout", headers=cookie)
        with pytest.raises(ConnectionClosed) as closed:
            run_page(busy)  # pressed after the sign-out: not done
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401
        with pytest.raises(ConnectionClosed) as closed:
            idle.recv(timeout=6)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


def test_a_session_revoked_elsewhere_ends_here_too(dashboard: Dashboard):
    with open_socket(dashboard, dashboard.sign_in()) as idle:
        dashboard.api.revoke()
        with pytest.raises(ConnectionClosed) as closed:
            idle.recv(timeout=8)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


def test_while_the_daemon_is_away_a_known_session_stays_and_a_stranger_stays_out(
    fresh_dashboard: Dashboard,
):
    dashboard = fresh_dashboard
    token = dashboard.sign_in()
    dashboard.served.stop()
    cookie = {"cookie": f"iman_session={token}"}
    end = time.monotonic() + 5
    while time.monotonic() < end:
        assert dashboard.http.get("/", headers=cookie).status_code == 200
        time.sleep(0.5)
    assert (
        dashboard.http.get("/", headers={"cookie": "iman_session=" + "x" * 43}).status_code == 303
    )
    form = {"name": "ada", "password": "correct horse"}
    away = dashboard.http.post("/auth/login", data=form)
    assert away.status_code == 503
    assert "The daemon is away" in away.text
    with open_socket(dashboard, token) as tab:
        run_page(tab, "how_it_works")


def test_the_demo_sign_ins_are_shown_only_in_the_sandbox(dashboard: Dashboard):
    assert "Sign in as manager (manager)" in dashboard.http.get("/auth/login").text


def test_the_script_alone_refuses(tmp_path: Path):
    port = free_loopback_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", "pages/_entry.py"]
    command += [f"--server.port={port}", "--server.address=127.0.0.1"]
    with process(command, url, clean_environment(), tmp_path / "log"):
        stream = url.replace("http", "ws") + "/_stcore/stream"
        forged = {"x-iman-session": "x" * 43, "x-iman-gate": "0" * 32}
        for headers in ({}, forged):
            with connect(
                stream, subprotocols=["streamlit"], additional_headers=headers, proxy=None
            ) as tab:
                for page in ("", "overview", "people"):
                    drawn = run_page(tab, page)
                    assert "Start the dashboard with its own command" in drawn
                    assert "Overview" not in drawn


def test_a_wrong_setting_is_named_in_one_line(tmp_path: Path):
    env = clean_environment(IMAN_DASHBOARD_PORT="99999")
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "IMAN_DASHBOARD_PORT" in done.stderr


def test_health_is_open_to_everybody(dashboard: Dashboard):
    answer = httpx.get(dashboard.url + "/_stcore/health", headers={"host": "10.0.0.7"})
    assert answer.status_code == 200


FILE = "/export/documents.csv?type=receipt&show=failed&site=H%20G&q=%22x%22&zone=Australia/Sydney"


def test_a_lists_file_is_behind_the_door_too(dashboard: Dashboard):
    for headers in ({}, {"cookie": "iman_session=made-up-session"}):
        answer = dashboard.http.get(FILE, headers=headers)
        assert answer.status_code in (303, 401)
        assert "entry_type" not in answer.text


def test_a_lists_file_comes_from_the_api_with_the_filter_in_its_name(dashboard: Dashboard):
    cookie = {"cookie": f"iman_session={dashboard.sign_in()}"}
    answer = dashboard.http.get(FILE, headers=cookie)
    assert answer.status_code == 200
    lines = answer.text.splitlines()
    assert len(lines) == 1000
    for told in ("entry_type=receipt", "state=failed", "site=H+G", "zone=Australia%2FSydney"):
        assert told in lines[0]
    named = answer.headers["content-disposition"]
    assert re.search(
        r'filename="iman-documents_type-receipt_show-failed_site-H-G_q--x_[\d-]+\.csv"', named
    ), named
    assert dashboard.http.get("/export/documents.exe", headers=cookie).status_code == 404


def test_who_may_not_export_is_told_by_the_api(dashboard: Dashboard):
    cookie = {"cookie": f"iman_session={dashboard.sign_in('mia')}"}
    answer = dashboard.http.get(FILE, headers=cookie)
    assert answer.status_code == 403
    assert answer.text == "Your role may not export.\n"
