"""The case store of an installation, as commands open it: by its settings file, or by its data folder."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.commands._base import UserError

if TYPE_CHECKING:
    from sqlalchemy import Engine


@contextlib.contextmanager
def case_store(config: Path | None, data: Path | None) -> Iterator[Engine]:
    """Yield the case store, migrated. What it refuses, then or inside, is raised as UserError."""
    from alerts.errors import AlertsError
    from deploy.app import case_database
    from deploy.settings import load

    if data is not None and config is None:
        folder, url = data, None
    elif config is not None and data is None:
        settings = load(config)
        folder, url = settings.data, settings.database_url if settings.database else None
    else:
        raise UserError("name the settings file with --config, or the data folder with --data")
    if url is None and not folder.is_dir():
        raise UserError(f"data folder {folder} does not exist: start the pipeline once, or name another")
    engine = case_database(folder, url)
    try:
        yield engine
    except AlertsError as exc:
        raise UserError(str(exc)) from exc
    finally:
        engine.dispose()
