"""devices.csv is lengthened by a row, as a whole or not at all."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

from deploy import register_file
from deploy.app import checked_site
from deploy.site import Site

CELL = "450107001001001"
ROW = {
    "id": "bin-new",
    "domain": "waste",
    "kind": "waste_bin",
    "title": "新箱，东门",
    "cell": CELL,
    "lat": "22.895",
    "lon": "108.339",
    "cadence_s": "600",
}


@pytest.fixture
def site(tmp_path: Path, site_folder: Path) -> Site:
    """Return the sample site, in a copy that may be changed."""
    return checked_site(Path(shutil.copytree(site_folder, tmp_path / "site")))


def test_append(site: Site) -> None:
    """The row stands last, in the columns of the file; what was there stays byte for byte, and its mode too."""
    file = site.folder / "devices.csv"
    before, mode = file.read_bytes(), stat.S_IMODE(file.stat().st_mode)

    assert register_file.append(site, ROW) == ()
    register, faults = register_file.load(site)

    assert faults == ()
    assert file.read_bytes().startswith(before)
    assert stat.S_IMODE(file.stat().st_mode) == mode
    assert register.devices["bin-new"].title == "新箱，东门"
    assert list(register.devices)[-1] == "bin-new"
    assert [path.name for path in site.folder.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("form", ["without its last line end", "with line ends of Windows", "with a byte order mark"])
def test_append_to_a_file_of_another_program(site: Site, form: str) -> None:
    """A file as another program writes it is continued in its own way."""
    file = site.folder / "devices.csv"
    content = file.read_bytes()
    if form.startswith("without"):
        content = content.rstrip(b"\n")
    elif "Windows" in form:
        content = content.replace(b"\n", b"\r\n")
    else:
        content = b"\xef\xbb\xbf" + content
    file.write_bytes(content)

    assert register_file.append(site, ROW) == ()
    assert register_file.load(site)[1] == ()
    assert (b"\r\n" in file.read_bytes().splitlines(keepends=True)[-1]) is ("Windows" in form)


def test_faults_change_nothing(site: Site) -> None:
    """Every fault of the new row is told at its line of the site's file, which stays as it was."""
    file = site.folder / "devices.csv"
    before = file.read_bytes()
    faults = register_file.append(site, ROW | {"id": "lamp-00001", "cadence_s": "often", "attributes": "height_cm=0"})

    assert file.read_bytes() == before
    assert {(fault.file, fault.line) for fault in faults} == {(str(file), before.count(b"\n") + 1)}
    assert sorted(fault.message.split(" ")[0] for fault in faults) == ["attribute", "cadence_s", "id"]


def test_far_from_its_cell(site: Site) -> None:
    """A place far from the cell is told too, as when a site is checked."""
    faults = register_file.append(site, ROW | {"lat": "22.5"})

    assert [fault.message for fault in faults] == [f"lat 22.5, lon 108.339 is far from its cell {CELL}"]
