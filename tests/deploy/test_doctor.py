"""`wangge doctor`: each part is well, or what is missing is told with its remedy; all parts are looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy
from typer.testing import CliRunner

from alerts.store import meta
from deploy import broker
from deploy.app import case_database
from deploy.cli import build
from deploy.commands._base import UserError
from deploy.doctor import Finding, examine
from deploy.services.run import mosquitto as run_mosquitto
from deploy.services.run.influxdb import InfluxDb
from deploy.services.run.kafka import Kafka
from deploy.services.run.postgresql import PostgreSql
from deploy.settings import load
from tests.influx import bucket
from tests.servers import SERVERS, found

pytestmark = pytest.mark.network


class Place(NamedTuple):
    """A folder with a settings file, and the port of a broker with a window of 100."""

    config: Path
    site: Path
    port: int

    def write(self, text: str = "", *, window: int = 100, port: int = 0, more: str = "") -> None:
        """Write the settings; `text` comes before the tables, `more` after them."""
        mqtt = f"[mqtt]\nport = {port or self.port}\nwindow = {window}\n"
        self.config.write_text(f'site = "{self.site}"\ndata = "data"\n{text}\n{mqtt}{more}', encoding="utf-8")

    def findings(self) -> dict[str, Finding]:
        """Return what is found of each part."""
        return {one.part: one for one in examine(load(self.config))}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Run a broker that has a window of 100."""
    with broker.running(port := broker.free_port(0)):
        yield port


@pytest.fixture
def place(tmp_path: Path, site_folder: Path, port: int) -> Place:
    """Return a place without a settings file."""
    return Place(tmp_path / "wangge.toml", site_folder, port)


def test_all_is_well(place: Place) -> None:
    """Exit code 0 and a finding for each part, also before the first start; nothing is made by looking."""
    place.write()
    ended = CliRunner().invoke(build(), ["doctor", "--config", str(place.config), "--json"])
    findings = json.loads(ended.stdout)

    assert ended.exit_code == 0, ended.output
    assert [one["part"] for one in findings] == [
        "settings",
        "site",
        "data",
        "mqtt",
        "kafka",
        "series",
        "cases",
        "reloads",
    ]
    assert all(one["ok"] for one in findings)
    assert "its window is 100 or more; an epoch closes at 100 frames" in findings[3]["detail"]
    assert not (place.config.parent / "data").exists()


def test_refused_reload_is_told(place: Place) -> None:
    """What the running pipeline did not take over is named, with file and line."""
    place.write()
    folder = place.config.parent / "data"
    folder.mkdir()
    engine = case_database(folder)
    assert place.findings()["reloads"].ok
    told = {"faults": 2, "first": ["rules/a.yaml:3:9: is wrong", "…"], "since_wall_ms": 1_790_000_000_000}
    with engine.begin() as connection:
        meta.put(connection, "rules", {"refused": told})
    engine.dispose()

    finding = place.findings()["reloads"]
    assert not finding.ok
    assert finding.detail == (
        "changed rules were not taken over since 2026-09-21T14:13:20Z, what was before is in force: "
        "rules/a.yaml:3:9: is wrong (and 1 more)"
    )


def test_all_faults_in_one_run(place: Place) -> None:
    """What is wrong with one part does not keep the others from being looked at."""
    place.config.parent.joinpath("data").touch()
    place.write('store = "papyrus"\n', port=broker.free_port(0))
    ended = CliRunner().invoke(build(), ["doctor", "--config", str(place.config)])
    told = {line.split()[1]: line for line in ended.stdout.splitlines()}

    assert isinstance(ended.exception, UserError)  # `main` makes it exit code 2
    assert str(ended.exception) == "not as it must be: data, mqtt, series"
    well = [name for name, line in told.items() if line.startswith("ok ")]
    assert well == ["settings", "site", "kafka", "cases", "reloads"]
    assert "start it, or mend host and port under [mqtt]" in told["mqtt"]
    assert "store 'papyrus' is not one of" in told["series"]


def test_settings_that_cannot_be_read(place: Place) -> None:
    """A fault of the settings is the one finding."""
    place.write("colour = 1\n")
    ended = CliRunner().invoke(build(), ["doctor", "--config", str(place.config), "--json"])
    (finding,) = json.loads(ended.stdout)

    assert (finding["part"], finding["ok"]) == ("settings", False)
    assert "colour" in finding["detail"]


def test_site_with_faults(place: Place, tmp_path: Path) -> None:
    """The faults of the site are told with their places."""
    (tmp_path / "site").mkdir()
    place._replace(site=tmp_path / "site").write()
    finding = place.findings()["site"]

    assert not finding.ok
    assert "site.yaml" in finding.detail


def test_window_that_the_broker_does_not_have(place: Place) -> None:
    """A window that the broker does not fill is told with the number that it has."""
    place.write(window=1_000)
    finding = place.findings()["mqtt"]

    assert not finding.ok
    assert "mqtt.window is 1000, but the broker sends only 100" in finding.detail
    assert "set mqtt.window to 100" in finding.detail


def test_case_store_of_a_newer_version(place: Place) -> None:
    """A schema that we do not know is wrong; the tables stay as they are."""
    place.write()
    engine = case_database(place.config.parent / "data")
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("UPDATE alembic_version SET version_num = 'f00d'"))
    engine.dispose()
    finding = place.findings()["cases"]

    assert not finding.ok
    assert "schema f00d, which a newer Wangge wrote" in finding.detail


@pytest.mark.external
def test_broker_that_asks_for_a_name(place: Place) -> None:
    """A broker that refuses us is told with what to mend."""
    server = found(SERVERS["mosquitto"])
    with run_mosquitto.running(server, options="allow_anonymous false") as guarded:
        place.write(port=guarded.port)
        finding = place.findings()["mqtt"]

    assert not finding.ok
    assert "refuses us (Not authorized): mend username and password under [mqtt]" in finding.detail


@pytest.mark.external
def test_topics(place: Place, kafka: Kafka) -> None:
    """Kafka is looked at when the settings have it: topics that are missing, then those that were made."""
    place.write(more=f'[kafka]\nbootstrap = "{kafka.address}"\nprefix = "doctor"\npartitions = 2\n')
    before = place.findings()["kafka"]
    made = CliRunner().invoke(build(), ["topics", "create", "--config", str(place.config)])
    after = place.findings()["kafka"]

    assert (before.ok, after.ok) == (False, True), made.output
    assert "topic doctor.frames.v1 does not exist: run `wangge topics create`" in before.detail
    assert "doctor.frames.v1 (2), doctor.observations.v1 (2), doctor.deadletters.v1 (1)" in after.detail


@pytest.mark.external
def test_influxdb(place: Place, influxdb: InfluxDb) -> None:
    """The bucket is there, or not, or the token is not right."""
    options = bucket(influxdb, keeps_s=86_400)
    found_ = {}
    for name, change in (("well", {}), ("bucket", {"bucket": "another"}), ("token", {"token": "another"})):
        told = {"url": options.url, "org": options.org, "bucket": options.bucket, "token": options.token, **change}
        lines = "".join(f'{key} = "{value}"\n' for key, value in told.items())
        place.write('store = "influx"', more=f"[influx]\n{lines}")
        found_[name] = place.findings()["series"]

    assert {name: one.ok for name, one in found_.items()} == {"well": True, "bucket": False, "token": False}
    assert "keeps points for 1 days" in found_["well"].detail
    assert "make it with `wangge influx setup`" in found_["bucket"].detail
    assert "mend token under [influx]" in found_["token"].detail


@pytest.mark.external
def test_postgresql(place: Place, postgresql: PostgreSql) -> None:
    """An empty database will do; one that does not exist will not."""
    place.write(f'database = "{postgresql.create("doctor")}"')
    empty = place.findings()["cases"]
    place.write(f'database = "{postgresql.url("nowhere")}"')
    absent = place.findings()["cases"]

    assert (empty.ok, absent.ok) == (True, False)
    assert "has no tables yet: the first start makes them" in empty.detail
    assert "nowhere" in absent.detail
