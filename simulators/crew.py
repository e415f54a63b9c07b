"""Simulated field crews: they do over HTTP what a real crew does on its phone, and mend the simulated world.

A crew looks for its tasks, accepts after a moment, starts after the way there, works for some minutes, mends what is
wrong at the device and reports done. Where an incident has false fixes planned, the crew reports done without having
mended anything that many times: the sensor must find out, and the rework mends it. Times are virtual.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec

from simulators.incidents import Book
from simulators.noise import between

_HTTP_TIMEOUT_S = 10.0
_UNAUTHORIZED, _CONFLICT = 401, 409
NOT_FIXED = ("not fixed", "没修好")
_NOTES = {"accept": "收到", "start": "已到现场", "done": "处理完毕"}


class CrewError(Exception):
    """The crews cannot work, and waiting does not help (the message says what to mend)."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What a crew must know of a task; the answer's other fields are ignored."""

    id: int
    kind: str
    state: str
    round: int
    version: int
    subject_id: str
    device_id: str | None = None
    note: str | None = None


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How fast crews are: (least, most) virtual seconds until they accept, arrive, and have finished."""

    accept_s: tuple[float, float] = (20.0, 60.0)
    travel_s: tuple[float, float] = (40.0, 120.0)
    work_s: tuple[float, float] = (180.0, 300.0)


_ORDER = {"offered": "accept", "accepted": "start", "started": "done"}


def step(task: Task, since_ms: int, now_ms: int, pace: Pace, seed: int) -> str | None:
    """Return what the crew does now about a task that it has seen in this state since `since_ms`, or None: nothing."""
    action = _ORDER.get(task.state)
    if action is None:
        return None
    low, high = {"accept": pace.accept_s, "start": pace.travel_s, "done": pace.work_s}[action]
    return action if now_ms - since_ms >= 1000 * between(low, high, seed, action, task.id, task.round) else None


def read_password(path: Path) -> str:
    """Read the password that all simulated crews share: the file's text, stripped. Raises CrewError."""
    try:
        password = path.read_text(encoding="utf-8").strip()
    except OSError as exc:
        raise CrewError(f"{path} cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise CrewError(f"{path} is not UTF-8 text") from exc
    if not password:
        raise CrewError(f"{path} is empty: write the password of the crews' accounts into it")
    return password


class Crew:
    """One crew with one account and one phone. `turn` is called again and again; it never waits for a task."""

    def __init__(self, client: httpx.Client, name: str, password: str, *, book: Book, pace: Pace, seed: int) -> None:
        self._client, self._name, self._password = client, name, password
        self._book, self._pace, self._seed = book, pace, seed
        self._token, self._crew = "", ""
        self._since: dict[tuple[int, int, str], int] = {}
        self.done = 0
        self.trouble = ""

    def turn(self, now_ms: int) -> None:
        """Do what is due now. Trouble with the connection or the server is remembered and tried again next time."""
        try:
            tasks = self._tasks()
            self.trouble = ""
            for task in tasks:
                since_ms = self._since.setdefault((task.id, task.round, task.state), now_ms)
                action = step(task, since_ms, now_ms, self._pace, self._seed)
                if action:
                    self._act(task, action, now_ms)
        except (httpx.HTTPError, msgspec.MsgspecError, _AnswerError) as exc:
            self.trouble = f"{self._name}: {exc}"

    def _act(self, task: Task, action: str, now_ms: int) -> None:
        device_id = task.device_id or task.subject_id
        handled = action == "done" and task.kind == "handle"
        open_now = self._book.open(device_id, now_ms) if handled else ()
        lies = any(one.false_fixes < one.false_fixes_planned for one in open_now)
        if handled and not lies:
            self._book.mend(device_id, now_ms)
        answer = self._request(
            "POST", f"/api/v1/tasks/{task.id}/{action}", {"version": task.version, "note": _NOTES[action]}
        )
        if answer.status_code == _CONFLICT:
            return  # somebody was faster: the next look shows what is true now
        _expect_success(answer)
        if action == "done":
            self.done += 1
        if lies:
            self._book.note_false_fix(device_id, now_ms)

    def _tasks(self, states: str = "offered,accepted,started") -> Sequence[Task]:
        if not self._token:
            self._log_in()
        answer = self._request("GET", f"/api/v1/tasks?state={states}&crew={self._crew}")
        _expect_success(answer)
        return msgspec.json.decode(answer.content, type=_Tasks).items

    def _log_in(self) -> None:
        body = {"name": self._name, "password": self._password}
        answer = self._client.post("/api/v1/login", json=body, timeout=_HTTP_TIMEOUT_S)
        if answer.status_code == _UNAUTHORIZED:
            raise CrewError(f"the account {self._name} is refused: is its password the one of --crew-password-file?")
        _expect_success(answer)
        session = msgspec.json.decode(answer.content, type=_Session)
        self._token, self._crew = session.token, session.crew or self._name

    def _request(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = self._client.request(method, path, json=body, headers=headers, timeout=_HTTP_TIMEOUT_S)
        if answer.status_code == _UNAUTHORIZED:
            self._token = ""  # the session ended: log in at the next turn
        return answer


class Onlooker(Crew):
    """Mends the world for a crew that a person plays: when it reports done, unless its note says `not fixed`."""

    def turn(self, now_ms: int) -> None:
        """Look for tasks that have been reported done since the last look."""
        try:
            for task in self._tasks("done"):
                seen = (task.id, task.round, task.state)
                if seen not in self._since:
                    self._since[seen] = now_ms
                    if task.kind == "handle" and not any(words in (task.note or "") for words in NOT_FIXED):
                        self._book.mend(task.device_id or task.subject_id, now_ms)
                        self.done += 1
            self.trouble = ""
        except (httpx.HTTPError, msgspec.MsgspecError, _AnswerError) as exc:
            self.trouble = f"{self._name}: {exc}"


class _Session(msgspec.Struct):
    token: str
    crew: str | None = None


class _Tasks(msgspec.Struct):
    items: list[Task]


class _AnswerError(Exception):
    pass


def _expect_success(answer: httpx.Response) -> None:
    if not answer.is_success:
        raise _AnswerError(f"{answer.request.method} {answer.request.url.path} answered {answer.status_code}")
