"""Where the servers lie, and when one counts as there."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.services import cache
from deploy.services.cache import AbsentError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the cache be a folder of the test."""
    monkeypatch.setenv("WANGGE_SERVICES", str(tmp_path / "services"))
    return tmp_path / "services"


def test_folder_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a wish of the user it is in the cache folder of the machine."""
    monkeypatch.delenv("WANGGE_SERVICES")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert cache.folder() == tmp_path / "wangge" / "services"


def test_filled(folder: Path) -> None:
    """What was filled to the end is complete."""
    with cache.filling("x-1") as place:
        (place / "program").touch()

    assert cache.complete("x-1") == folder / "x-1"


def test_broken_attempt_is_made_anew(folder: Path) -> None:
    """What failed half-way does not count, and nothing of it is left in the next attempt."""

    def fail_half_way() -> None:
        with cache.filling("x-1") as place:
            (place / "half").touch()
            raise AbsentError("no more")

    with pytest.raises(AbsentError, match="no more"):
        fail_half_way()
    first = cache.complete("x-1")

    with cache.filling("x-1") as place:
        left = list(place.iterdir())

    assert (first, left, cache.complete("x-1")) == (None, [], folder / "x-1")


def test_folder_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that cannot be written is told with the variable that mends it."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("WANGGE_SERVICES", str(tmp_path / "file" / "services"))

    with pytest.raises(AbsentError, match="Not a directory: name another folder with WANGGE_SERVICES"), cache.alone():
        pass
