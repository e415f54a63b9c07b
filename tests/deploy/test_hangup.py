"""SIGHUP makes what follows files look at once."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from deploy import hangup
from deploy.app import checked_site
from deploy.register_watch import RegisterWatch
from deploy.rules_watch import RulesWatch


def test_hangup_ends_what_runs_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever closes the terminal leaves nothing running."""
    before = signal.getsignal(signal.SIGHUP)
    monkeypatch.setattr(os, "isatty", lambda _file: True)

    hangup.listen()

    assert signal.getsignal(signal.SIGHUP) == before


def test_hangup_hurries(tmp_path: Path, site_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the time until the next look nor files that seem to be the same keep a watch from looking."""
    site = checked_site(Path(shutil.copytree(site_folder, tmp_path / "site")))
    watches = RulesWatch(site, look_s=3600), RegisterWatch(site, look_s=3600)
    watches[1].look()
    file = site.folder / "devices.csv"
    file.write_text("\n".join(file.read_text(encoding="utf-8").splitlines()[:-1]) + "\n", encoding="utf-8")
    before = signal.getsignal(signal.SIGHUP)
    monkeypatch.setattr(os, "isatty", lambda _file: False)
    hangup.listen()
    try:
        assert [watch.look() for watch in watches] == [False, False]
        os.kill(os.getpid(), signal.SIGHUP)
        assert [watch.look() for watch in watches] == [True, True]
        assert [watch.look() for watch in watches] == [False, False]
    finally:
        signal.signal(signal.SIGHUP, before)
