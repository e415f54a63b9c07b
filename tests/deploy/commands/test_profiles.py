"""`wangge profiles`: list, show, check, new."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from deploy.cli import build
from deploy.commands._base import UserError

PROFILE = """id: acme-box
title: {zh: 盒子, en: Box}
domains: [waste]
source: made up
fields:
  t: {property: waste.temperature, unit: Cel}
"""


def wangge(*arguments: str | Path) -> Result:
    """Run `wangge profiles …`."""
    return CliRunner().invoke(build(), ["profiles", *map(str, arguments)])


def test_list() -> None:
    """The shipped profiles are listed for machines and for people."""
    listed = json.loads(wangge("list", "--json").stdout)
    table = wangge("list").stdout

    assert len(listed) >= 20
    assert all(row["id"] in table for row in listed)


def test_show() -> None:
    """A profile is shown field by field; a name that is none is told so."""
    shown = json.loads(wangge("show", "dingtek-df702", "--json").stdout)
    unusable = wangge("show", "noah-trashbin")
    unknown = wangge("show", "nobody-knows")

    assert {"field": "level", "property": "waste.distance", "how": "· 0.1; in cm"} in shown["fields"]
    assert "refused: what its decoder gives" in unusable.stdout
    assert isinstance(unknown.exception, UserError)
    assert str(unknown.exception) == "there is no profile 'nobody-knows': see `wangge profiles list`"


def test_check(tmp_path: Path) -> None:
    """A folder of profiles, a file and a site folder are checked; faults come with file and line."""
    site = tmp_path / "site"
    (site / "profiles").mkdir(parents=True)
    (site / "site.yaml").write_text("version: 1\n", encoding="utf-8")
    path = site / "profiles" / "acme-box.yaml"
    path.write_text(PROFILE, encoding="utf-8")
    good = [wangge("check", one) for one in (site, path.parent, path)]
    path.write_text(PROFILE.replace("unit: Cel", "unit: mm"), encoding="utf-8")
    bad = wangge("check", site)

    assert [done.stdout for done in good] == ["1 profile: no fault\n"] * 3
    assert f"{path}:6: fields.t.unit: 'mm' is not a unit of waste.temperature" in bad.stderr
    assert str(bad.exception) == "1 fault: mend them and check again"
    assert str(wangge("check", tmp_path / "absent").exception).endswith("is neither a file nor a folder")


def test_new(tmp_path: Path) -> None:
    """A draft is printed, or written into a folder once; it passes the check."""
    recorded = tmp_path / "acme-box.ndjson"
    recorded.write_text('{"temperature": 21.5, "strange": 7}\n{"temperature": 22.5}\n', encoding="utf-8")
    drafts = tmp_path / "drafts"
    printed = wangge("new", "--from", recorded, "--domain", "waste")
    written, again = (wangge("new", "--from", recorded, "--id", "acme-tin", "--into", drafts) for _ in range(2))

    assert "id: acme-box\n" in printed.stdout
    assert "property: waste.temperature, unit: Cel" in printed.stdout
    assert "# not understood: strange: 7\n" in printed.stdout
    assert written.exit_code == 0
    assert "is there already" in str(again.exception)
    assert wangge("check", drafts).stdout == "1 profile: no fault\n"


def test_new_misuse(tmp_path: Path) -> None:
    """A wrong id, a wrong domain and a file that is no recording are told in one line."""
    recorded = tmp_path / "r.ndjson"
    recorded.write_text("[1]", encoding="utf-8")
    told = [
        str(wangge("new", "--from", recorded).exception),
        str(wangge("new", "--from", recorded, "--domain", "sea").exception),
        str(wangge("new", "--from", tmp_path / "absent").exception),
    ]
    recorded.write_text("{}", encoding="utf-8")
    told.append(str(wangge("new", "--from", recorded, "--id", "Acme Tin").exception))

    assert [text.splitlines() for text in told] == [[text] for text in told]
    assert all(
        part in text for part, text in zip(("r.ndjson:1", "'sea'", "cannot be read", "'Acme Tin'"), told, strict=True)
    )
