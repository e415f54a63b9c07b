"""Case numbers: layout, local day, and the end of a day's numbers."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from alerts import flow
from alerts.cases.numbering import day_prefix, following
from alerts.context import CaseContext
from alerts.store import cases
from tests.alerts.sample import NINE_MS, SHANGHAI, fires


@pytest.mark.parametrize(
    "utc, zone, expected",
    [
        # half an hour before local midnight
        ("2026-11-24T15:30", "Asia/Shanghai", "45010720261124"),
        # local midnight is sixteen o'clock UTC
        ("2026-11-24T16:00", "Asia/Shanghai", "45010720261125"),
        # New Year comes to Nanning first
        ("2026-12-31T16:00", "Asia/Shanghai", "45010720270101"),
        # the night in which clocks go back has one date
        ("2026-10-25T01:30", "Europe/Berlin", "45010720261025"),
    ],
)
def test_day_prefix(utc: str, zone: str, expected: str) -> None:
    """The date of a number is the local one."""
    at_ms = round(dt.datetime.fromisoformat(utc).replace(tzinfo=dt.UTC).timestamp() * 1000)

    assert day_prefix("450107", at_ms, ZoneInfo(zone)) == expected


@pytest.mark.parametrize(
    "highest, expected",
    [
        # the first of the day
        (None, "4501072026112400001"),
        # the next
        ("4501072026112400009", "4501072026112400010"),
        # the last
        ("4501072026112499998", "4501072026112499999"),
        # none is left
        ("4501072026112499999", None),
    ],
)
def test_following(highest: str | None, expected: str | None) -> None:
    """Numbers follow each other up to 99999."""
    found = following("45010720261124", highest)

    assert found == expected
    assert found is None or re.fullmatch(r"\d{6}\d{8}\d{5}", found)


def test_a_day_without_numbers_left_keeps_the_case(connection: Connection, context: CaseContext) -> None:
    """The case is there, unfiled, with the reason; nothing fails."""
    flow.apply(connection, [fires("waste.full", "bin-1", NINE_MS)], NINE_MS, context)
    connection.exec_driver_sql("UPDATE cases SET number = '4501072026112499999'")

    flow.apply(connection, [fires("waste.full", "bin-2", NINE_MS)], NINE_MS, context)

    case = cases.get(connection, 2)
    assert case is not None
    assert (case.state.value, case.number) == ("REPORTED", None)
    assert cases.log_of(connection, 2)[-1].reason == (
        f"no case number of {day_prefix('450107', NINE_MS, SHANGHAI)} is left today: file it tomorrow"
    )
