"""`wangge devices adopt`: the row of the register, and what is said where it cannot be made."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from alerts.store import deadletters, meta
from alerts.store.database import reading
from alerts.store.tables import AUDIT
from deploy import register_watch
from deploy.app import case_database, checked_site
from deploy.cli import build
from deploy.clock import wall_ms
from deploy.commands import _adoption
from deploy.commands._base import UserError
from ingest.datum import Datum, from_wgs84
from ingest.flow import Letter
from ingest.model import Frame, Refusal

CELL = "450107001001001"
WASTE = ("--domain", "waste", "--kind", "waste_bin")


@pytest.fixture
def site(tmp_path: Path, site_folder: Path) -> Path:
    """Return a copy of the sample site, with an empty case store beside it."""
    (tmp_path / "data").mkdir()
    case_database(tmp_path / "data").dispose()
    return Path(shutil.copytree(site_folder, tmp_path / "site"))


def wangge(site: Path, *arguments: str) -> Result:
    """Run `wangge devices …` on the site and its store."""
    return CliRunner().invoke(
        build(), ["devices", *arguments, "--site", str(site), "--data", str(site.parent / "data")]
    )


def told(result: Result) -> str:
    """Return what a person who made a mistake is told."""
    assert isinstance(result.exception, UserError), result.output
    return str(result.exception)


def test_adopt_ahead_of_its_frames(site: Path) -> None:
    """A device may be adopted before it speaks; the audit log says who did it."""
    result = wangge(site, "adopt", "bin-new", *WASTE, "--cell", CELL, "--height-cm", "120", "--attribute", "owner=city")
    device = checked_site(site).register.devices["bin-new"]
    engine = case_database(site.parent / "data")
    with reading(engine) as connection:
        entries = connection.execute(select(AUDIT.c.action, AUDIT.c.object)).all()
    engine.dispose()

    assert result.exit_code == 0, result.output
    assert (device.kind, device.cell, device.cadence_declared) == ("waste_bin", CELL, False)
    assert device.attributes == {"height_cm": "120", "owner": "city"}
    assert checked_site(site).cells.at(device.lat, device.lon) == CELL
    assert [tuple(entry) for entry in entries] == [("devices.adopt", "device bin-new")]


def test_adopt_in_another_datum(site: Path) -> None:
    """Coordinates are said as the site writes them; without a cell it is the one that holds the place."""
    file = site / "site.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("datum: WGS84 ", "datum: GCJ-02 "), encoding="utf-8")
    place = checked_site(site).cells.get(CELL)
    assert place is not None
    middle = place.polygon.representative_point()
    lat, lon = from_wgs84(middle.y, middle.x, Datum.GCJ02)
    results = [
        wangge(site, "adopt", "bin-a", *WASTE, "--lat", str(lat), "--lon", str(lon)),
        wangge(site, "adopt", "bin-b", *WASTE, "--cell", CELL),
    ]
    devices = checked_site(site).register.devices

    assert [result.exit_code for result in results] == [0, 0]
    assert [devices[name].cell for name in ("bin-a", "bin-b")] == [CELL, CELL]
    assert (devices["bin-a"].lat, devices["bin-a"].lon) == pytest.approx((middle.y, middle.x), abs=1e-8)
    assert (devices["bin-b"].lat, devices["bin-b"].lon) == pytest.approx((middle.y, middle.x), abs=1e-5)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("--cell", CELL), "nothing tells what kind of device 'bin-new' is: name --domain and --kind"),
        (("--cell", CELL, "--domain", "waste"), "nothing tells what kind of device 'bin-new' is: name --kind"),
        (WASTE, "where does it stand? name --lat and --lon, or --cell"),
        ((*WASTE, "--lat", "22.8"), "--lat and --lon are one place: name both"),
        ((*WASTE, "--cell", "1"), "cell '1' is not a cell of the site"),
        ((*WASTE, "--lat", "10", "--lon", "10"), "no cell of the site holds 10, 10: name the nearest with --cell"),
        ((*WASTE, "--cell", CELL, "--attribute", "owner"), "--attribute 'owner' is not NAME=VALUE"),
        ((*WASTE, "--cell", CELL, "--id", "lamp-00001"), "id 'lamp-00001' stands twice"),
    ],
)
def test_adopt_says_what_is_missing(site: Path, arguments: tuple[str, ...], message: str) -> None:
    """What is neither said nor can be guessed is asked for, and the file stays as it was."""
    before = (site / "devices.csv").read_bytes()

    assert message in told(wangge(site, "adopt", "bin-new", *arguments))
    assert (site / "devices.csv").read_bytes() == before


def test_unknown_and_adopt_by_guess(site: Path) -> None:
    """What the frames say is listed and need not be said again; without a broker they wait, and that is told."""
    engine = case_database(site.parent / "data")
    payload = {"device_id": "bin-new", "time": 1_790_000_000_000, "values": {"waste.fill_level": 40}}
    refusal = Refusal(stage="normalise", reason="unknown_device", detail="", device="bin-new", dialect="wangge_json")
    for at_ms in (1_790_000_000_000, 1_790_000_900_000):
        frame = Frame("wangge/s/up/bin-new", json.dumps(payload).encode(), at_ms, "mqtt")
        with engine.begin() as connection:
            deadletters.add(connection, [Letter(frame, refusal)])
    engine.dispose()
    listed = wangge(site, "unknown")
    adopted = wangge(site, "adopt", "bin-new", "--cell", CELL)
    device = checked_site(site).register.devices["bin-new"]

    assert "bin-new  2 frames 2026-09-21 14:13 … 2026-09-21 14:28 UTC  wangge_json  waste/waste_bin?" in listed.output
    assert "wangge/s/up/bin-new: waste.fill_level 40 %" in listed.output
    assert (device.domain, device.kind, device.cadence_s) == ("waste", "waste_bin", 900)
    assert "`wangge deadletters redrive --device 'bin-new'`" in adopted.output


def test_is_met(site: Path) -> None:
    """A pipeline that runs must have the register first; where none runs, the broker keeps the frames for it."""
    engine = case_database(site.parent / "data")
    assert _adoption.is_met(engine, "v2", 0)
    with engine.begin() as connection:
        meta.put(connection, "pipeline", {"at_wall_ms": wall_ms()})
        meta.put(connection, register_watch.KEY, {"version": "v1"})
    assert not _adoption.is_met(engine, "v2", 0)
    with engine.begin() as connection:
        meta.put(connection, register_watch.KEY, {"version": "v2"})
    assert _adoption.is_met(engine, "v2", 0)
    engine.dispose()
