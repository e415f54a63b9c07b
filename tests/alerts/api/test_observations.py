"""`/api/v1/devices` and `/api/v1/observations`."""

from __future__ import annotations

import pytest

from alerts.api.context import WebContext
from alerts.cases.workflow import Role
from ingest.model import Observation, Property, Series, series_id
from ingest.stores.memory import MemoryStore
from ingest.trust import PROPERTY as TRUST
from tests.alerts.api.conftest import Client
from tests.alerts.sample import CELL, NINE_MS

LEVEL = {"device_id": "wl-1", "observed_property": "weather.water_level"}


@pytest.mark.parametrize(
    "query, expected",
    [
        ({"domain": "waste"}, ["bin-1", "bin-2"]),
        ({"kind": "weather_station"}, ["ws-1"]),
        ({"text": "wl"}, ["wl-1", "wl-2", "wl-3"]),
        ({"cell": "450107001"}, []),
        ({"limit": "1", "offset": "2"}, ["wl-3"]),
    ],
)
def test_devices(client: Client, query: dict[str, str], expected: list[str]) -> None:
    """The register, narrowed."""
    body = client(Role.VIEWER).get("/api/v1/devices", params=query).json()

    assert [one["id"] for one in body["items"]] == expected


def test_device(client: Client) -> None:
    """One device with its place."""
    body = client(Role.VIEWER).get("/api/v1/devices/wl-1").json()

    assert (body["cell"], body["place"], body["cadence_s"]) == (CELL, "西乡塘街道 广西大学社区", 60)
    assert body["trust"] is None


def test_device_with_trust(client: Client, web: WebContext, series: MemoryStore) -> None:
    """What was told last of a device that failed quality tests."""
    known = Property(name=TRUST, unit="%", title_zh="可信度", title_en="Trust")
    device = web.site.register.device("wl-2")
    assert device is not None
    trust = Series(id=series_id("wl-2", TRUST), device=device, property=known)
    series.write([Observation(trust, value, NINE_MS - number, NINE_MS) for number, value in enumerate((81.0, 90.0))])

    assert client(Role.VIEWER).get("/api/v1/devices/wl-2").json()["trust"] == 81.0


def test_series(client: Client) -> None:
    """The points of a stretch, in the canonical unit, in order."""
    query = {**LEVEL, "from_ms": NINE_MS, "to_ms": NINE_MS + 3 * 60_000}

    body = client(Role.VIEWER).get("/api/v1/observations", params=query).json()

    assert body["unit"] == "cm"
    assert body["points"] == [[NINE_MS, 10.0, 1], [NINE_MS + 60_000, 11.0, 1], [NINE_MS + 120_000, 12.0, 1]]
    assert body["truncated"] is False


def test_series_is_cut_at_the_old_end(client: Client) -> None:
    """Of more points than asked for, the newest are given, and it is said."""
    query = {**LEVEL, "from_ms": NINE_MS, "to_ms": NINE_MS + 10 * 60_000, "limit": 2}

    body = client(Role.VIEWER).get("/api/v1/observations", params=query).json()

    assert [value for _, value, _ in body["points"]] == [18.0, 19.0]
    assert body["truncated"] is True


@pytest.mark.parametrize(
    "query, status, detail",
    [
        ({**LEVEL, "device_id": "wl-9"}, 404, "there is no device 'wl-9'"),
        (
            {**LEVEL, "observed_property": "weather.mood"},
            404,
            "there is no property 'weather.mood' in the dictionary",
        ),
        (
            {**LEVEL, "from_ms": "5", "to_ms": "5"},
            422,
            "from_ms must lie before to_ms, both in milliseconds since 1970",
        ),
        ({"device_id": "wl-1"}, 422, "query.observed_property: Field required"),
        ({**LEVEL, "unit": "m"}, 422, "query.unit: Extra inputs are not permitted"),
    ],
)
def test_series_refused(client: Client, query: dict[str, str], status: int, detail: str) -> None:
    """What cannot be read is said in one sentence."""
    answer = client(Role.VIEWER).get("/api/v1/observations", params=query)

    assert (answer.status_code, answer.json()["detail"]) == (status, detail)
