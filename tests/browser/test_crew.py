"""The crew's phone: with a connection, without one, and with one again."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from alerts.cases import actions
from alerts.cases.workflow import Move, Role
from alerts.model import Actor
from alerts.store import cases
from alerts.store.tables import CASE_LOG
from tests.browser.conftest import GAUGE, PASSWORD, City, now_ms

pytestmark = [pytest.mark.browser, pytest.mark.network, pytest.mark.slow]


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """Return a phone."""
    made = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    made.set_default_timeout(15_000)
    yield made
    made.close()


def open_page(phone: BrowserContext, city: City) -> Page:
    """Log in as the drainage crew."""
    page = phone.new_page()
    page.goto(f"{city.url}/crew")
    page.fill("input[name=name]", "li")
    page.fill("input[name=password]", PASSWORD)
    page.click("#login-submit")
    expect(page.locator("#login")).to_be_hidden()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    return page


def moves(city: City) -> list[str]:
    """Return what people did with case 1."""
    query = select(CASE_LOG.c.move).where(CASE_LOG.c.actor == "li").order_by(CASE_LOG.c.event)
    with city.engine.connect() as connection:
        return list(connection.execute(query).scalars())


def test_from_offer_to_done(phone: BrowserContext, city: City) -> None:
    """Accept, arrive, done with a note; the task leaves the list."""
    city.fire("flood.road", GAUGE)
    page = open_page(phone, city)
    expect(page.locator("[data-task]")).to_contain_text("道路积水")
    expect(page.locator("[data-task] .left")).to_have_text(re.compile(r"剩余 1:59:\d\d"))

    page.get_by_role("button", name="接单").click()
    page.get_by_role("button", name="到场").click()
    page.get_by_role("button", name="完成").click()
    page.fill("#note", "雨水箅子已清理")
    page.get_by_role("button", name="提交").click()

    expect(page.get_by_text("没有任务")).to_be_visible()
    assert moves(city) == ["accept", "start", "report_done"]


def test_what_was_done_offline_arrives_later(phone: BrowserContext, city: City) -> None:
    """Without a connection the page opens, shows tasks and takes actions; with one they are sent, once, in order."""
    city.fire("flood.road", GAUGE)
    page = open_page(phone, city)
    expect(page.locator("[data-task]")).to_have_count(1)
    phone.set_offline(True)

    page.reload()
    page.get_by_role("button", name="接单").click()
    page.get_by_role("button", name="到场").click()
    expect(page.locator("[data-task] .pending")).to_have_text("待发送")
    expect(page.locator("#notice")).to_contain_text("离线")
    expect(page.locator("#notice")).to_contain_text("2 项操作待发送")
    assert moves(city) == []
    phone.set_offline(False)

    expect(page.locator("[data-task] .pending")).to_have_count(0)
    expect(page.locator("[data-task] .state")).to_have_text("处置中")
    assert moves(city) == ["accept", "start"]


def test_an_action_follows_a_case_that_changed_meanwhile(phone: BrowserContext, city: City) -> None:
    """The centre noted something while the phone was offline; the crew's action is still what it was."""
    city.fire("flood.road", GAUGE)
    page = open_page(phone, city)
    expect(page.locator("[data-task]")).to_have_count(1)
    phone.set_offline(True)
    page.get_by_role("button", name="接单").click()
    expect(page.locator("[data-task] .pending")).to_be_visible()
    _touch(city)
    phone.set_offline(False)

    expect(page.locator("[data-task] .state")).to_have_text("已接单")
    expect(page.locator("[data-task] .pending")).to_have_count(0)
    assert moves(city) == ["accept"]


def test_an_action_that_came_too_late_is_told(phone: BrowserContext, city: City) -> None:
    """The case was cancelled while the phone was offline: the crew is told that its action did not count."""
    city.fire("flood.road", GAUGE)
    page = open_page(phone, city)
    expect(page.locator("[data-task]")).to_have_count(1)
    phone.set_offline(True)
    page.get_by_role("button", name="接单").click()
    expect(page.locator("[data-task] .pending")).to_be_visible()
    _cancel(city)
    phone.set_offline(False)

    expect(page.locator(".problem")).to_contain_text("未执行：接单（道路积水）")
    expect(page.get_by_text("没有任务")).to_be_visible()
    assert moves(city) == []


def test_give_back_needs_a_reason(phone: BrowserContext, city: City) -> None:
    """The form is not sent without one."""
    city.fire("flood.road", GAUGE)
    page = open_page(phone, city)
    page.get_by_role("button", name="退回").click()
    page.get_by_role("button", name="提交").click()
    assert moves(city) == []

    page.fill("#note", "不属于本班组路段")
    page.get_by_role("button", name="提交").click()

    expect(page.get_by_text("没有任务")).to_be_visible()
    assert moves(city) == ["return"]


def test_data_is_text(phone: BrowserContext, city: City) -> None:
    """A title that looks like markup is shown as it is."""
    city.fire("flood.road", GAUGE)
    with city.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE cases SET title_zh = '<img src=x onerror=alert(1)><b>水</b>'")
    page = open_page(phone, city)

    expect(page.locator("[data-task] h2")).to_have_text("<img src=x onerror=alert(1)><b>水</b>")
    assert page.locator("[data-task] img").count() == 0


def test_english(phone: BrowserContext, city: City) -> None:
    """One tap switches, and it stays so."""
    city.fire("flood.road", GAUGE)
    page = open_page(phone, city)
    page.click("#language")
    expect(page.get_by_role("button", name="Accept")).to_be_visible()

    page.reload()

    expect(page.locator("#title")).to_have_text("My tasks")


def _touch(city: City) -> None:
    with city.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE cases SET version = version + 1")


def _cancel(city: City) -> None:
    with city.engine.begin() as connection:
        case = cases.get(connection, 1)
        assert case is not None
        actions.perform(
            connection,
            case_id=1,
            move=Move.CANCEL,
            actor=Actor(name="wang", role=Role.OPERATOR),
            reason="duplicate",
            expected_version=case.version,
            now_ms=now_ms(),
            context=city.context,
        )
