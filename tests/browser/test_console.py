"""The console as an operator sees it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from alerts.store import users
from tests.browser.conftest import BIN, GAUGE, PASSWORD, City, log_in

PAGES = (
    "/", "/alerts", "/alerts/1", "/alerts/99", "/cases", "/cases/1", "/cases/99", "/devices", f"/devices/{GAUGE}",
    "/devices/x", "/devices/unknown", "/rules", "/rules/flood.road", "/rules/x", "/ledger",
)  # fmt: skip

pytestmark = [pytest.mark.browser, pytest.mark.network, pytest.mark.slow]


def test_login(desk: BrowserContext, city: City) -> None:
    """A wrong password is told in the reader's language; the right one leads to where the visitor wanted to go."""
    page = desk.new_page()
    page.goto(f"{city.url}/rules")
    expect(page).to_have_url(re.compile("/login"))
    page.fill("input[name=name]", "wang")
    page.fill("input[name=password]", "not the password")
    page.click("button[type=submit]")
    expect(page.get_by_role("alert")).to_have_text("用户名或密码错误。")

    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")

    expect(page).to_have_url(f"{city.url}/rules")
    expect(page.get_by_text("flood.road", exact=True)).to_be_visible()


def test_an_alert_appears_without_a_reload(desk: BrowserContext, city: City) -> None:
    """Alert, case, counter and the colour of its cell, a moment after they were written."""
    page = log_in(desk, city, "wang")
    expect(page.get_by_text("No rule is firing.")).to_be_visible()

    city.fire("flood.road", GAUGE)

    row = page.locator("[data-alert]")
    expect(row).to_contain_text("Road flooding")
    expect(row).to_contain_text("Water level 20 cm, above 15")
    expect(page.locator("[data-case]")).to_contain_text(re.compile(r"1:59:\d\d"))
    expect(page.locator(".w-counter", has_text="Weather")).to_contain_text("1firing")
    expect(page.get_by_text("34.5 frames/s")).to_be_visible()
    expect(page.get_by_text("Ledger balanced")).to_be_visible()


def test_acknowledge_by_key(desk: BrowserContext, city: City) -> None:
    """Arrow down chooses, `a` acknowledges; the row says who needs to look no more."""
    page = log_in(desk, city, "wang")
    city.fire("flood.road", GAUGE)
    expect(page.locator("[data-alert]")).to_be_visible()

    page.keyboard.press("ArrowDown")
    page.keyboard.press("a")

    expect(page.locator("[data-alert]")).to_contain_text("Acknowledged")
    expect(page.get_by_role("button", name="Ack", exact=True)).to_have_count(0)


def test_a_viewer_has_no_buttons(desk: BrowserContext, city: City) -> None:
    """Who may only look is offered nothing else."""
    city.fire("flood.road", GAUGE)
    page = log_in(desk, city, "wei")
    expect(page.locator("[data-alert]")).to_be_visible()

    expect(page.locator("[data-alert] button")).to_have_count(0)


def test_the_map_narrows_the_lists(desk: BrowserContext, city: City) -> None:
    """A click on a cell shows what is there; a second click shows everything again."""
    city.fire("flood.road", GAUGE)
    city.fire("waste.fire", BIN, 70.0)
    page = log_in(desk, city, "wang")
    expect(page.locator("[data-alert]")).to_have_count(2)
    expect(page.locator(".leaflet-container canvas")).to_be_visible()

    page.locator(".w-counter", has_text="Waste").click()

    expect(page.locator("[data-alert]")).to_have_count(1)
    expect(page.locator("[data-alert]")).to_contain_text(BIN)
    page.locator(".w-counter", has_text="Waste").click()
    expect(page.locator("[data-alert]")).to_have_count(2)


def test_case(desk: BrowserContext, city: City) -> None:
    """Its history, its curve with the limit, and a move with an opinion."""
    city.fire("flood.road", GAUGE)
    page = log_in(desk, city, "wang")
    page.goto(f"{city.url}/cases/1")
    log = page.locator(".w-log li")
    expect(log).to_have_count(3)
    expect(log.nth(2)).to_contain_text("Responsibility matrix")
    expect(page.locator(".w-chart canvas")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_disabled()

    page.fill("#opinion", "duplicate of a call")
    page.get_by_role("button", name="Cancel").click()

    expect(log).to_have_count(4)
    expect(log.nth(3)).to_contain_text("duplicate of a call")
    expect(page.locator(".w-headline")).to_contain_text("Cancelled")


def test_alert(desk: BrowserContext, city: City) -> None:
    """What was observed, the steps of its life, and the rule with the version that raised it."""
    city.fire("flood.road", GAUGE, 20.0)
    page = log_in(desk, city, "wei")
    page.get_by_role("link", name="Road flooding").first.click()
    expect(page).to_have_url(f"{city.url}/alerts/1")
    steps = page.locator(".w-table tbody tr")
    expect(steps).to_have_count(1)
    expect(page.locator(".w-chart canvas")).to_be_visible()
    expect(page.locator(".w-facts")).to_contain_text(f"{city.rule('flood.road').version} (runs now)")

    city.resolve("flood.road", GAUGE)
    expect(steps).to_have_count(2)
    expect(steps.nth(1)).to_contain_text("cleared")
    page.get_by_role("link", name="flood.road", exact=True).click()

    expect(page).to_have_url(f"{city.url}/rules/flood.road")
    expect(page.get_by_text("Fires when water level is above 15 cm")).to_be_visible()
    expect(page.locator("[data-alert]")).to_have_count(1)


def test_unknown_device(desk: BrowserContext, city: City) -> None:
    """A device that the register lacks: what it sent, what it looks like, and the command that adopts it."""
    city.strange("bin-9999", {"waste.fill_level": 81.0})
    page = log_in(desk, city, "wei")
    page.goto(f"{city.url}/devices")
    page.get_by_role("link", name="Unknown devices").click()

    row = page.locator(".w-table tbody tr")
    expect(row).to_contain_text("Waste · Waste bin")
    expect(row).to_contain_text("Fill level 81 %")
    expect(row.locator("code")).to_have_text("wangge devices adopt bin-9999 --config site.toml --lat LAT --lon LON")


def test_dead_letters_are_published_again(desk: BrowserContext, city: City) -> None:
    """Who may is offered it for each group; a broker that is away is told in words."""
    city.strange("bin-9999", {"waste.fill_level": 81.0})
    page = log_in(desk, city, "root")
    page.goto(f"{city.url}/ledger")
    expect(page.get_by_text("unknown device").first).to_be_visible()
    page.get_by_role("button", name="Publish again").click()

    expect(page.get_by_text("The broker has not taken it")).to_be_visible(timeout=60_000)


def test_device(desk: BrowserContext, city: City) -> None:
    """The series of a device over a range that the visitor chooses."""
    page = log_in(desk, city, "wei")
    page.goto(f"{city.url}/devices/{GAUGE}")
    expect(page.locator(".w-chart canvas")).to_be_visible()
    expect(page.get_by_role("button", name="6 h")).to_have_class(re.compile(r"\bon\b"))

    page.get_by_role("button", name="24 h").click()

    expect(page.get_by_role("button", name="24 h")).to_have_class(re.compile(r"\bon\b"))
    expect(page.get_by_text("No observations in this stretch")).to_be_hidden()


def test_no_such_page(desk: BrowserContext, city: City) -> None:
    """A wrong address is told in the visitor's language, with a way back."""
    page = log_in(desk, city, "wang")
    page.goto(f"{city.url}/nowhere")
    expect(page.get_by_role("heading")).to_have_text("There is no such page")
    page.get_by_role("link", name="To the overview").click()

    expect(page.get_by_text("Live alerts")).to_be_visible()


@pytest.mark.parametrize("path", PAGES)
def test_every_page_in_both_languages(desk: BrowserContext, city: City, path: str) -> None:
    """No fault in the browser, no request to another host, no key without words; the switch changes the language."""
    complaints: list[str] = []
    desk.on("weberror", lambda error: complaints.append(str(error.error)))
    desk.on("request", lambda one: None if one.url.startswith(city.url) else complaints.append(one.url))
    city.fire("flood.road", GAUGE)
    page = log_in(desk, city, "wang")

    page.goto(city.url + path)
    expect(page.locator(".w-nav a").first).to_have_text("Overview")
    page.get_by_role("button", name="中文").click()

    expect(page.locator(".w-nav a").first).to_have_text("总览")
    keys = r"\b(?:nav|alerts?|cases?|device|ledger|letters|drift|rules?|status|transition)\.[a-z_]+"
    without_words = [word for word in re.findall(keys, _text(page)) if word not in city.site.rules.by_id]
    assert (without_words, [one for one in complaints if not one.startswith("data:")]) == ([], [])


def test_many_alerts(desk: BrowserContext, city: City) -> None:
    """A flood of alerts shows the worst, says how many more there are, and the page still answers."""
    _flood(city, 600)
    page = log_in(desk, city, "wang")

    expect(page.locator("[data-alert]")).to_have_count(200)
    expect(page.get_by_text("400 more").first).to_be_visible()
    page.locator("[data-alert] button").first.click()
    expect(page.get_by_text(re.compile("^Acknowledged: "))).to_be_visible()


def test_a_page_ends_with_its_session(desk: BrowserContext, city: City) -> None:
    """Whoever is locked out sees nothing new, on the page that is open."""
    page = log_in(desk, city, "wang")
    expect(page.get_by_text("Live alerts")).to_be_visible()

    with city.engine.begin() as connection:
        users.set_disabled(connection, "wang", disabled=True)

    expect(page).to_have_url(re.compile("/login"))


def test_log_out(desk: BrowserContext, city: City) -> None:
    """The way back is closed."""
    page = log_in(desk, city, "wang")

    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(f"{city.url}/login")
    page.goto(f"{city.url}/cases")

    expect(page).to_have_url(re.compile("/login"))


def test_the_map_comes_once(desk: BrowserContext, city: City) -> None:
    """The polygons are fetched when the page opens; changes send colours only."""
    fetched: list[str] = []

    def count(route: Route) -> None:
        fetched.append(route.request.url)
        route.continue_()

    desk.route("**/api/v1/cells", count)
    page = log_in(desk, city, "wang")
    expect(page.locator(".leaflet-container canvas")).to_be_visible()
    city.fire("flood.road", GAUGE)
    expect(page.locator("[data-alert]")).to_have_count(1)
    city.resolve("flood.road", GAUGE)
    expect(page.locator("[data-alert]")).to_contain_text("lasted")

    assert len(fetched) == 1


def _text(page: Page) -> str:
    return page.locator("body").inner_text()


def _flood(city: City, count: int) -> None:
    lamps = [device.id for device in city.site.register.devices.values() if device.kind == "street_light"]
    for lamp in lamps[:count]:
        city.fire("lighting.lamp_failure", lamp, 1.0)
