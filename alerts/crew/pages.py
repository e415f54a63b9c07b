"""Serves the crew pages under `/crew/` (public: they hold nothing; the tasks come from the API, behind a login)."""

from __future__ import annotations

import hashlib
from pathlib import Path

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse
from starlette.staticfiles import StaticFiles

from alerts.crew.texts import tables

_STATIC = Path(__file__).with_name("static")
_WORKER = _STATIC / "worker.js"


def mount(app: FastAPI) -> None:
    """Add the pages to the application."""

    @app.get("/crew", include_in_schema=False)
    def to_folder() -> RedirectResponse:
        return RedirectResponse("/crew/", status_code=308)

    @app.get("/crew/", include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(_STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    @app.get("/crew/texts.json", include_in_schema=False)
    def words() -> JSONResponse:
        return JSONResponse(tables(), headers={"Cache-Control": "no-cache"})

    @app.get("/crew/worker.js", include_in_schema=False)
    def worker() -> Response:
        script = _WORKER.read_text(encoding="utf-8").replace("VERSION", version())
        return Response(script, media_type="text/javascript", headers={"Cache-Control": "no-cache"})

    app.mount("/crew", StaticFiles(directory=_STATIC), name="crew static")


def version() -> str:
    """Return a digest of all files: a phone that has another one fetches them anew."""
    digest = hashlib.sha256(repr(tables()).encode())
    for path in sorted(_STATIC.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
