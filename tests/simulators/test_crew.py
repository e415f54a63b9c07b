"""Simulated crews against a small stand-in for the task API: what they do, when, and what they leave undone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulators.crew import Crew, CrewError, Onlooker, Pace, Task, read_password, step
from simulators.incidents import Book, Incident

_PACE = Pace(accept_s=(10, 20), travel_s=(10, 20), work_s=(100, 200))
_NEXT = {"accept": "accepted", "start": "started", "done": "done"}


class FakeTasks:
    """One task behind the HTTP interface; `log` holds what the crew did, `answers` overrides the next answers."""

    def __init__(self, kind: str = "handle") -> None:
        self.task: dict[str, Any] = {
            "id": 5, "case_id": 3, "case_number": "1", "crew": "drainage-1", "kind": kind, "state": "offered",
            "round": 1, "version": 2, "device_id": "wl-001", "subject_id": "wl-001", "category": "road_flooding",
            "title_zh": "道路积水", "deadline_ms": None,
        }  # fmt: skip
        self.log: list[str] = []
        self.logins = 0
        self.answers: list[int] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a request as the web application does."""
        if request.url.path == "/api/v1/login":
            self.logins += 1
            good = json.loads(request.content) == {"name": "drainage-1", "password": "secret"}
            return httpx.Response(200 if good else 401, json={"token": "t", "role": "crew", "crew": "drainage-1"})
        if self.answers:
            return httpx.Response(self.answers.pop(0), json={})
        assert request.headers["Authorization"] == "Bearer t"
        if request.method == "GET":
            assert request.url.params["crew"] == "drainage-1"
            asked = request.url.params["state"].split(",")
            return httpx.Response(200, json={"items": [self.task] if self.task["state"] in asked else []})
        action = request.url.path.rpartition("/")[2]
        assert json.loads(request.content)["version"] == self.task["version"]
        self.log.append(action)
        self.task |= {"state": _NEXT[action], "version": self.task["version"] + 1}
        return httpx.Response(200, json=self.task)

    def rework(self) -> None:
        """Send the task back, as the sensor's verdict does."""
        self.task |= {"state": "offered", "round": self.task["round"] + 1, "version": self.task["version"] + 1}


def _incident(false_fixes_planned: int = 0) -> Incident:
    return Incident(
        id="1", effect="road_flooded", domain="weather", category="road_flooding", device_id="wl-001",
        cell="450107001001001", start_ms=0, false_fixes_planned=false_fixes_planned,
    )  # fmt: skip


def _crew(server: FakeTasks, book: Book, password: str = "secret") -> Crew:  # noqa: S107 - the stand-in's password
    client = httpx.Client(base_url="http://crew.test", transport=httpx.MockTransport(server))
    return Crew(client, "drainage-1", password, book=book, pace=_PACE, seed=7)


def _work(crew: Crew, from_s: int, to_s: int) -> None:
    for second in range(from_s, to_s, 5):
        crew.turn(second * 1000)


@pytest.mark.parametrize(
    "state, waited_s, expected",
    [
        # at first a crew only looks
        ("offered", 0, None),
        ("offered", 20, "accept"),
        # the way there
        ("accepted", 5, None),
        ("accepted", 20, "start"),
        # the work
        ("started", 99, None),
        ("started", 200, "done"),
        # what is over needs nothing
        ("done", 9_999, None),
        ("withdrawn", 9_999, None),
    ],
)
def test_step(state: str, waited_s: int, expected: str | None) -> None:
    """Each row is a state, how long it has been so, and what the crew does."""
    task = Task(id=1, kind="handle", state=state, round=1, version=1, subject_id="wl-001")

    assert step(task, 0, waited_s * 1000, _PACE, 7) == expected


def test_crew_mends_and_reports_done() -> None:
    """A task goes its way, and the incident ends no later than the report."""
    server, book = FakeTasks(), Book([_incident()])
    crew = _crew(server, book)

    _work(crew, 0, 300)

    assert server.log == ["accept", "start", "done"]
    (mended,) = book.of("wl-001")
    assert mended.fixed_ms is not None
    assert 120_000 <= mended.fixed_ms <= 240_000
    assert (crew.done, crew.trouble, server.logins) == (1, "", 1)


def test_crew_lies_as_planned_and_mends_in_the_rework() -> None:
    """With one false fix planned the first report is false and the second true."""
    server, book = FakeTasks(), Book([_incident(false_fixes_planned=1)])
    crew = _crew(server, book)

    _work(crew, 0, 300)
    assert [(one.false_fixes, one.fixed_ms) for one in book.of("wl-001")] == [(1, None)]

    server.rework()
    _work(crew, 300, 600)
    (mended,) = book.of("wl-001")
    assert mended.false_fixes == 1
    assert mended.fixed_ms is not None
    assert server.log == ["accept", "start", "done"] * 2


def test_crew_that_only_looks_mends_nothing() -> None:
    """A task to verify a report changes nothing in the city."""
    server, book = FakeTasks(kind="verify_pre_file"), Book([_incident()])

    _work(_crew(server, book), 0, 300)

    assert server.log == ["accept", "start", "done"]
    assert [one.fixed_ms for one in book.of("wl-001")] == [None]


@pytest.mark.parametrize(
    "note, mended", [(None, True), ("泵已架好", True), ("not fixed yet", False), ("没修好", False)]
)
def test_onlooker_mends_what_a_person_reports(note: str | None, mended: bool) -> None:  # noqa: FBT001 - a table's column
    """A person's crew is left alone; its report mends the world, unless the note says that nothing was fixed."""
    server, book = FakeTasks(), Book()
    book.add(_incident())
    client = httpx.Client(base_url="http://crew.test", transport=httpx.MockTransport(server))
    onlooker = Onlooker(client, "drainage-1", "secret", book=book, pace=_PACE, seed=7)
    _work(onlooker, 0, 1_000)
    server.task |= {"state": "done", "note": note}

    onlooker.turn(1_000_000)

    assert server.log == []
    assert (book.open("wl-001", 1_000_001) == ()) is mended


@pytest.mark.parametrize("status", [409, 500, 503])
def test_crew_tries_again_after_a_refusal(status: int) -> None:
    """A conflict or an error of the server costs a turn, not the task."""
    server, book = FakeTasks(), Book([_incident()])
    crew = _crew(server, book)
    crew.turn(0)
    server.answers = [200, status]  # an empty answer to the look, which is not one of the API, then the status

    _work(crew, 30, 400)

    assert server.log == ["accept", "start", "done"]
    assert crew.trouble == ""


def test_crew_logs_in_again_when_its_session_ended() -> None:
    """After a 401 the crew logs in again at its next turn."""
    server, book = FakeTasks(), Book([_incident()])
    crew = _crew(server, book)
    crew.turn(0)
    server.answers = [401]

    crew.turn(5_000)
    assert crew.trouble == "drainage-1: GET /api/v1/tasks answered 401"
    crew.turn(10_000)

    assert (server.logins, crew.trouble) == (2, "")


def test_crew_with_a_wrong_password_gives_up() -> None:
    """A refused account is a mistake of the user, told in one line."""
    with pytest.raises(CrewError, match="the account drainage-1 is refused"):
        _crew(FakeTasks(), Book(), password="wrong").turn(0)  # noqa: S106 - the stand-in's


def test_crew_without_a_server_waits() -> None:
    """A server that is not there is trouble, not an end."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    client = httpx.Client(base_url="http://crew.test", transport=httpx.MockTransport(refuse))
    crew = Crew(client, "drainage-1", "secret", book=Book(), pace=_PACE, seed=7)
    crew.turn(0)

    assert crew.trouble == "drainage-1: refused"


def test_read_password(tmp_path: Path) -> None:
    """The file's text is the password, without white space around it; an empty or absent file is refused."""
    path = tmp_path / "password"
    path.write_text(" secret\n", encoding="utf-8")
    assert read_password(path) == "secret"

    path.write_text("\n", encoding="utf-8")
    with pytest.raises(CrewError, match="is empty"):
        read_password(path)
    with pytest.raises(CrewError, match="cannot be read: No such file"):
        read_password(tmp_path / "absent")
