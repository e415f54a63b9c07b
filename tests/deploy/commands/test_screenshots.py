"""`wangge screenshots`: what it says when it cannot work (that it works, the documentation's pictures show)."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.commands._base import UserError
from deploy.commands.screenshots import PICTURES, screenshots


def test_password_file_is_missing(tmp_path: Path) -> None:
    """The file is named."""
    with pytest.raises(UserError, match=r"no-file: No such file or directory"):
        screenshots(password_file=tmp_path / "no-file", out=tmp_path)


def test_both_languages_and_the_phone() -> None:
    """Every picture has a name of its own; there are some in each language, and some of a phone."""
    assert len({picture.name for picture in PICTURES}) == len(PICTURES)
    assert {picture.lang for picture in PICTURES} == {"zh", "en"}
    assert any(width < height for width, height in (picture.size for picture in PICTURES))
