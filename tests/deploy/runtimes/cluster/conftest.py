"""What the tests of the cluster runtime share: the sample site and the parts of a line in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.store.database import migrate, open_database
from deploy.app import case_context, checked_site
from deploy.clock import FakeClock
from deploy.runtimes.line import LineParts
from deploy.site import Site
from ingest.stores.memory import MemoryStore

NOW_MS = 1_790_000_000_000


@pytest.fixture(scope="session")
def site(site_folder: Path) -> Site:
    """Return the sample site."""
    return checked_site(site_folder)


@pytest.fixture
def parts(site: Site) -> Iterator[LineParts]:
    """Return the parts of a line on stores in memory and a clock that stands."""
    database = open_database("sqlite://")
    migrate(database)
    yield LineParts(
        site=site,
        series=MemoryStore(),
        database=database,
        context=case_context(site),
        clock=FakeClock(start_ms=NOW_MS),
    )
    database.dispose()
