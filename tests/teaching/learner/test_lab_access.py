"""Who may talk to the lab: with a token, from its own pages, also where a configuration switched that off."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from course_lib.teaching.learner.lab_access import protect

pytest.importorskip("jupyter_server")

START = (
    "import sys; from pathlib import Path; from course_lib.teaching.learner.lab import start_lab;"
    "sys.exit(start_lab(sys.argv[2:], root=Path(sys.argv[1])))"
)
AS_PYTHON = (
    "c.IdentityProvider.token = ''\nc.ServerApp.disable_check_xsrf = True\n"
    "c.ServerApp.allow_origin = '*'\nc.ServerApp.allow_origin_pat = '.*'\nc.ServerApp.ip = '0.0.0.0'\n"
)
AS_JSON = json.dumps({"ServerApp": {"token": "", "password": "", "disable_check_xsrf": True, "allow_origin_pat": ".*"}})


def answer(port: int, path: str, **headers: str) -> tuple[int, str | None]:
    """The status of a request to the lab, and the origin that it allows."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as reply:
            return reply.status, reply.headers.get("Access-Control-Allow-Origin")
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("Access-Control-Allow-Origin")


class Lab:
    """A running lab on an empty course, with a home folder of its own."""

    def __init__(self, folder: Path, name: str, text: str, *options: str) -> None:
        course, home = folder / "course", folder / "home"
        (course / "exercises").mkdir(parents=True)
        (home / ".jupyter").mkdir(parents=True)
        (home / ".jupyter" / name).write_text(text, encoding="utf-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("JUPYTER")}
        self.log = folder / "log"
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", START, str(course), "--no-browser", f"--port={self.port}", *options],
                env=environment | {"HOME": str(home), "USERPROFILE": str(home), "PYTHONUNBUFFERED": "1"},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.wait()

    def wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            try:
                answer(self.port, "/api")
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(self.said())

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def labs(tmp_path: Path) -> Iterator[Any]:
    """Starts labs, and ends them with the test."""
    running: list[Lab] = []

    def start(*arguments: str) -> Lab:
        running.append(Lab(tmp_path, *arguments))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.mark.parametrize(
    ("name", "text"), [("jupyter_server_config.py", AS_PYTHON), ("jupyter_lab_config.json", AS_JSON)]
)
def test_a_configuration_that_switches_token_and_origin_off_is_overridden_and_named(
    labs: Any, name: str, text: str
) -> None:
    lab = labs(name, text)
    assert answer(lab.port, "/api/contents") == (403, None)
    assert answer(lab.port, "/api/contents", Origin="https://a.example") == (404, None)
    for what in ("the token", "the check of where a request comes from (XSRF)", "the check of the origin"):
        assert f"Your Jupyter configuration switches off {what}; the course's lab keeps it on." in lab.said()
    token = lab.said().split("?token=")[1].split()[0]
    assert answer(lab.port, "/api/contents", Authorization=f"token {token}")[0] == 200


def server(*, command_line: dict[str, Any] | None = None, **state: Any) -> SimpleNamespace:
    """A server as `protect` sees it; state says what differs from JupyterLab's defaults."""

    class Identity(SimpleNamespace):
        @property
        def auth_enabled(self) -> bool:
            return bool(self.token or self.password)

    identity = Identity(
        token=state.pop("token", "secret"), password=state.pop("password", ""), token_generated=False
    )  # fmt: skip
    values = {"disable_check_xsrf": False, "allow_origin": "", "allow_origin_pat": "", **state}
    return SimpleNamespace(
        **values,
        identity_provider=identity,
        web_app=SimpleNamespace(settings=dict(values)),
        cli_config=command_line or {},
    )


def test_a_server_that_asks_for_token_and_origin_is_left_alone() -> None:
    for safe in (server(), server(token="", password="a hash"), server(allow_origin="https://lab.example.org")):
        before = repr(safe)
        assert protect(safe) == []
        assert repr(safe) == before


def test_a_pattern_for_some_origins_is_left_alone() -> None:
    some = server(allow_origin_pat=r"https://.*\.example\.org")
    assert protect(some) == []
    assert some.allow_origin_pat


@pytest.mark.parametrize(
    ("state", "given", "what"),
    [
        ({"token": ""}, {"IdentityProvider": {"token": ""}}, "the token"),
        ({"token": ""}, {"ServerApp": {"token": ""}}, "the token"),
        ({"disable_check_xsrf": True}, {"ServerApp": {"disable_check_xsrf": True}}, "(XSRF)"),
        ({"allow_origin": "*"}, {"ServerApp": {"allow_origin": "*"}}, "the check of the origin"),
        ({"allow_origin_pat": ".*"}, {"ServerApp": {"allow_origin_pat": ".*"}}, "the check of the origin"),
    ],
)
def test_an_option_of_this_start_is_followed_and_named_loudly_the_same_in_a_file_is_not(
    state: dict[str, Any], given: dict[str, Any], what: str
) -> None:
    followed = server(command_line=given, **state)
    (sentence,) = protect(followed)
    assert sentence.startswith("WARNING: ")
    assert what in sentence
    assert {name: getattr(followed, name, followed.identity_provider.token) for name in state} == state
    (sentence,) = protect(server(**state))
    assert sentence.startswith("Your Jupyter configuration switches off ")
    assert what in sentence


def test_every_token_is_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    two = server(token=""), server(token="")
    for one in two:
        protect(one)
    assert len({one.identity_provider.token for one in two}) == 2
    assert len(two[0].identity_provider.token) == len(secrets.token_hex(24))
