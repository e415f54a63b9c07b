"""`wangge screenshots`: pictures of the console and the crew page for the documentation, from a running application.

Drives Chromium (from the system) through the pages in both languages; needs the package `playwright` (extra `dev`).
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from deploy.commands._base import Command, UserError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DESK, PHONE = (1440, 900), (390, 844)
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PATIENCE_S = 90
_SETTLE_MS = 3_000  # until map and charts are drawn


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture: the page, how large, in which language; `{case}`, `{alert}` and `{device}` are filled in."""

    name: str
    path: str
    lang: Literal["zh", "en"] = "zh"
    size: tuple[int, int] = DESK


PICTURES = (
    Picture(name="crew-zh", path="/crew/", size=PHONE),
    Picture(name="crew-en", path="/crew/", lang="en", size=PHONE),
    Picture(name="overview-zh", path="/"),
    Picture(name="overview-en", path="/", lang="en"),
    Picture(name="alerts-zh", path="/alerts"),
    Picture(name="case-zh", path="/cases/{case}"),
    Picture(name="case-en", path="/cases/{case}", lang="en"),
    Picture(name="alert-en", path="/alerts/{alert}", lang="en"),
    Picture(name="device-en", path="/devices/{device}", lang="en"),
    Picture(name="rules-zh", path="/rules"),
    Picture(name="rule-zh", path="/rules/flood.road"),
    Picture(name="ledger-en", path="/ledger", lang="en"),
)


def screenshots(
    password_file: Annotated[Path, typer.Option(help="File with the password of the user.")],
    url: Annotated[str, typer.Option(help="Address of the running application.")] = "http://127.0.0.1:8080",
    user: Annotated[str, typer.Option(help="User to log in as.")] = "admin",
    out: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path("docs/images"),
) -> None:
    """Take pictures of every page in Chinese and English, and of the crew page at phone size."""
    try:
        password = password_file.read_text(encoding="utf-8").strip()
        out.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise UserError(f"{exc.filename}: {exc.strerror}") from exc
    for path in take(PICTURES, url.rstrip("/"), (user, password), out):
        typer.echo(str(path))


def take(pictures: Sequence[Picture], url: str, who: tuple[str, str], out: Path) -> Iterator[Path]:
    """Take pictures of the application at `url` as `who` (name, password); yield each file when it is written."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as exc:
        raise UserError("the package playwright is missing: install the extra `dev`") from exc
    program = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        raise UserError("Chromium is missing: install the package `chromium` of your system")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_ARGUMENTS))
        try:
            for picture in pictures:
                path = out / f"{picture.name}.png"
                _take(browser, picture, url, who, path)
                yield path
        finally:
            browser.close()


def _take(browser: Browser, picture: Picture, url: str, who: tuple[str, str], path: Path) -> None:
    from playwright.sync_api import Error

    width, height = picture.size
    window = browser.new_context(
        viewport={"width": width, "height": height}, device_scale_factor=1.5 if width < height else 1
    )
    try:
        window.add_cookies([{"name": "wangge_lang", "value": picture.lang, "url": url}])
        window.add_init_script(f"localStorage.setItem('wangge.lang', JSON.stringify('{picture.lang}'))")
        answer = window.request.post(f"{url}/api/v1/login", data={"name": who[0], "password": who[1]})
        if not answer.ok:
            raise UserError(f"cannot log in at {url} as {who[0]}: {answer.json()['detail']}")
        page = window.new_page()
        _until_there_is_work(page, url)
        page.goto(url + picture.path.format(**_subjects(page, url)))
        page.wait_for_timeout(_SETTLE_MS)
        page.screenshot(path=path)
    except Error as exc:
        raise UserError(f"{url}: {exc.message.splitlines()[0]}: is the application running there?") from exc
    finally:
        window.close()


def _until_there_is_work(page: Page, url: str) -> None:
    """Wait until a task is open, so that no page is empty; give up after a while."""
    for _ in range(_PATIENCE_S):
        if page.request.get(f"{url}/api/v1/tasks").json()["items"]:
            return
        page.wait_for_timeout(1_000)


def _subjects(page: Page, url: str) -> dict[str, str]:
    """Return the case with most to show (an open one that was reworked, else the last), its device and alert."""
    cases = page.request.get(f"{url}/api/v1/cases?limit=500").json()["items"]
    if not cases:
        raise UserError("there is no case yet: let the demo run for a while first")
    best = max(cases, key=lambda case: (case["rework_count"] > 0, case["closed_at_ms"] is None, case["id"]))
    alerts = page.request.get(f"{url}/api/v1/alerts?case_id={best['id']}").json()["items"]
    return {"case": str(best["id"]), "device": best["subject_id"], "alert": str(alerts[0]["id"])}


COMMAND = Command("screenshots", screenshots)
