"""`/api/v1/rules/noise` and the command: which rules make how many alerts, and what came of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerts.api.reads.noise import Noise
from alerts.cases.workflow import Role
from deploy.cli import build
from tests.alerts.api.conftest import Client, Fire


def test_shares(client: Client, fire: Fire) -> None:
    """The loudest first, each with its share; a case that ended without work led to nothing, an open one waits."""
    fire(("flood.road", "wl-1"), ("flood.road", "wl-3"), ("waste.full", "bin-1"))
    operator = client(Role.OPERATOR)
    seen = operator.get("/api/v1/cases/1").json()["version"]
    operator.post("/api/v1/cases/1/moves", json={"move": "cancel", "version": seen, "opinion": "a hose"})

    flood, waste = client(Role.VIEWER).get("/api/v1/rules/noise").json()

    assert (flood["rule_id"], flood["alerts"], round(flood["share"], 2)) == ("flood.road", 2, 0.67)
    assert (flood["worked"], flood["nothing"], flood["led_to_work"]) == (0, 1, 0.0)
    assert (waste["rule_id"], waste["worked"], waste["led_to_work"]) == ("waste.full", 0, None)


def test_only_of_the_time_asked_for(client: Client, fire: Fire) -> None:
    """Without alerts there is no noise; a wrong number of days is refused."""
    viewer = client(Role.VIEWER)

    assert viewer.get("/api/v1/rules/noise").json() == []
    assert viewer.get("/api/v1/rules/noise", params={"days": 0}).status_code == 422
    fire(("flood.road", "wl-1"))
    assert len(viewer.get("/api/v1/rules/noise", params={"days": 1}).json()) == 1


@pytest.mark.parametrize(
    "made, why",
    [
        (Noise("a.b", 50, 50, 20, 5, 0.1), ()),
        (Noise("a.b", 50, 50, 20, 5, 0.21), ("share",)),
        (Noise("a.b", 50, 50, 4, 6, 0.1), ("work",)),
        (Noise("a.b", 4, 4, 0, 4, 1.0), ()),
    ],
    ids=["within", "too many", "mostly for nothing", "too few to tell"],
)
def test_budget(made: Noise, why: tuple[str, ...]) -> None:
    """A rule is over its budget by its share of alerts, or by what they led to; of a few nothing is told."""
    assert made.over_budget == why


def test_command(tmp_path: Path) -> None:
    """The command reads a data folder; an empty one has no noise."""
    words = ["rules", "noise", "--data", str(tmp_path)]

    told = CliRunner().invoke(build(), words)
    as_json = CliRunner().invoke(build(), [*words, "--json"])

    assert told.output == "0 alerts of 0 rules in 30 days\n"
    assert json.loads(as_json.output) == {"rules": []}
