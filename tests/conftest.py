"""Options and fixtures of the whole test suite."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytest_plugins = ("tests.servers",)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options: a folder of real inputs, and how long the tests of the cluster's faults go on."""
    parser.addoption("--corpora", default=None, metavar="DIR", help="folder of real payloads and series")
    parser.addoption("--moments", default=2, type=int, help="seeded moments of each fault of the cluster (default 2)")
    parser.addoption("--away", default=2.0, type=float, metavar="S", help="how long a killed server stays away")
    parser.addoption("--stall", default=5.0, type=float, metavar="S", help="how long a store is stalled under load")


@pytest.fixture(scope="session")
def corpora(request: pytest.FixtureRequest) -> Path:
    """Return the corpora folder, or skip by name where there is none."""
    option = request.config.getoption("--corpora")
    if option is None or not Path(option).is_dir():
        pytest.skip(f"corpora folder absent (--corpora is {option!r})")
    return Path(option)


@pytest.fixture(scope="session")
def site_folder() -> Path:
    """Return the folder of the sample site."""
    return ROOT / "deploy" / "sites" / "xixiangtang"


@pytest.fixture(autouse=True)
def _metrics_of_this_process() -> Iterator[None]:
    """Forget the folder of metrics that a command run inside a test has chosen for its process."""
    yield
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
