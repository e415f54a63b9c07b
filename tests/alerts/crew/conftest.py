"""The small web application of the API tests, for the tests of the crew pages too."""

from __future__ import annotations

from tests.alerts.api.conftest import app, client, clock, engine, fire, peopled, series, site, web

__all__ = ["app", "client", "clock", "engine", "fire", "peopled", "series", "site", "web"]
