"""The web application as a process of its own, a database that the test writes to as the pipeline does, and Chromium.

The site is the sample site with the wall clock. Tests that drive a browser are skipped by name where there is none.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import Engine

from alerts import flow
from alerts.cases.workflow import Role
from alerts.context import CaseContext
from alerts.store import deadletters, meta, users
from alerts.store.database import migrate, open_database
from alerts.store.tables import METADATA
from deploy.app import case_context, checked_site
from deploy.broker import free_port
from deploy.site import Site
from ingest.flow import Letter
from ingest.model import Frame, Observation, Refusal
from ingest.stores.sqlite import SqliteStore
from ingest.topics import discover
from rules.model import Evidence, Rule, State, Subject, Transition

PASSWORD = "a long enough password"  # noqa: S105 - of people that exist in tests only
ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PEOPLE = {
    "wei": (Role.VIEWER, None),
    "wang": (Role.OPERATOR, None),
    "li": (Role.CREW, "drainage-2"),
    "root": (Role.ADMINISTRATOR, None),
}
GAUGE, BIN = "wl-054", "bin-0098"
START_S = 60.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class City:
    """The sample site with its stores; `fire` and `resolve` do what the pipeline does."""

    url: str
    engine: Engine
    site: Site
    context: CaseContext

    def fire(self, rule_id: str, device_id: str, value: float = 20.0) -> None:
        """Let a rule fire for a device, now."""
        self._happen(rule_id, device_id, State.FIRING, value)

    def resolve(self, rule_id: str, device_id: str, value: float = 1.0) -> None:
        """Let it resolve, now."""
        self._happen(rule_id, device_id, State.RESOLVED, value)

    def strange(self, device_id: str, values: dict[str, float]) -> None:
        """Keep the frame of a device that the register lacks."""
        content = {"device_id": device_id, "time": now_ms(), "values": values}
        frame = Frame(f"wangge/{self.site.id}/up/{device_id}", json.dumps(content).encode(), now_ms(), "mqtt")
        refusal = discover().decode(frame, self.site.register)
        assert isinstance(refusal, Refusal)
        with self.engine.begin() as connection:
            deadletters.add(connection, [Letter(frame, refusal)])

    def beat(self) -> None:
        """Give the pipeline's sign of life."""
        said = {"at_wall_ms": now_ms(), "connected": True, "epoch": 12, "frames_per_s": 34.5}
        with self.engine.begin() as connection:
            meta.put(connection, "pipeline", said)

    def _happen(self, rule_id: str, device_id: str, state: State, value: float) -> None:
        rule = self.rule(rule_id)
        at_ms = now_ms()
        name = rule.condition.properties[0] if rule.condition.reads == "values" else "weather.water_level"
        seen = Evidence(device_id=device_id, observed_property=name, value=value, phenomenon_time_ms=at_ms)
        said = rule.condition.describe(value) if rule.condition.reads == "values" else "no data"
        change = Transition(
            rule_id=rule.id,
            rule_version=rule.version,
            subject=Subject(kind="device", id=device_id),
            state=state,
            since_ms=at_ms,
            severity=rule.severity,
            reason=said,
            evidence=(seen,),
        )
        with self.engine.begin() as connection:
            flow.apply(connection, [change], at_ms, self.context)

    def rule(self, rule_id: str) -> Rule:
        """Return a rule of the site."""
        return next(rule for rule in self.site.rules if rule.id == rule_id)


def now_ms() -> int:
    """Return the wall clock."""
    return time.time_ns() // 1_000_000


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of Chromium, or skip by name."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("Chromium is not installed: browser tests did not run")
    return found


@pytest.fixture(scope="session")
def sample_site(site_folder: Path) -> Site:
    """Return the sample site."""
    return checked_site(site_folder)


@pytest.fixture(scope="session")
def running_city(
    chromium: str, tmp_path_factory: pytest.TempPathFactory, sample_site: Site, site_folder: Path
) -> Iterator[City]:
    """Start the application over a new data folder, once for all tests (not at all without Chromium)."""
    folder = tmp_path_factory.mktemp("city")
    data = folder / "data"
    data.mkdir()
    engine = open_database(f"sqlite:///{data / 'state.db'}", synchronous="OFF")
    migrate(engine)
    with engine.begin() as connection:
        for name, (role, crew) in PEOPLE.items():
            users.create(connection, name, PASSWORD, role, now_ms=now_ms(), crew=crew)
    _measure(data, sample_site)
    config = folder / "site.toml"
    port = free_port(0)
    config.write_text(f'site = "{site_folder}"\ndata = "{data}"\n[web]\nport = {port}\n', encoding="utf-8")
    made = City(url=f"http://127.0.0.1:{port}", engine=engine, site=sample_site, context=case_context(sample_site))
    with _running(config, made.url, folder / "web.log"):
        yield made
    engine.dispose()


@pytest.fixture
def city(running_city: City) -> City:
    """Return the city without alerts, cases and sessions, with everybody allowed in and a pipeline that lives."""
    with running_city.engine.begin() as connection:
        for table in reversed(METADATA.sorted_tables):
            if table.name not in {"users", "meta"}:
                connection.execute(table.delete())
        for name in PEOPLE:
            users.set_disabled(connection, name, disabled=False)
    running_city.beat()
    return running_city


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Return Chromium; it ends with the module, because its driver keeps an event loop running in this thread."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield opened
        opened.close()


@pytest.fixture
def desk(browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser window of the operations centre, in English, with the complaints of its pages collected."""
    window = browser.new_context(viewport={"width": 1440, "height": 900})
    window.set_default_timeout(15_000)
    yield window
    window.close()


def log_in(window: BrowserContext, city: City, name: str, lang: str = "en") -> Page:
    """Log in by the form and return the page."""
    window.add_cookies([{"name": "wangge_lang", "value": lang, "url": city.url}])
    page = window.new_page()
    page.goto(f"{city.url}/login")
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/login" not in url)
    return page


def _measure(data: Path, site: Site) -> None:
    store = SqliteStore.open(data)
    series = site.register.series(GAUGE, "weather.water_level")
    assert series is not None
    begin_ms = now_ms() - 3_600_000
    store.write([Observation(series, float(minute % 20), at_ms, at_ms) for minute, at_ms in _minutes(begin_ms, 60)])
    store.close()


def _minutes(begin_ms: int, count: int) -> Iterator[tuple[int, int]]:
    for minute in range(count):
        yield minute, begin_ms + minute * 60_000


@contextlib.contextmanager
def _running(config: Path, url: str, log: Path) -> Iterator[None]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment.pop("NICEGUI_SCREEN_TEST_PORT", None)
    with log.open("w") as written:
        process = subprocess.Popen(
            [sys.executable, "-c", "from deploy.cli import main; main()", "web", "--config", str(config)],
            cwd=ROOT,
            env=environment,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
        try:
            _until_it_answers(process, url, log)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)
    complaints = [line for line in log.read_text(encoding="utf-8").splitlines() if "Error" in line]
    assert complaints == []


def _until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text(encoding="utf-8")
        with contextlib.suppress(httpx.HTTPError):
            httpx.get(f"{url}/health/live", timeout=2)
            return
        time.sleep(0.1)
    pytest.fail(f"the application did not answer: {log.read_text(encoding='utf-8')}")
