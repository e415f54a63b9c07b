"""The past that rules are tried on: stored history of a site, or series in files (`rules backtest`, `rules diff`)."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from deploy.commands._base import UserError
from deploy.commands._progress import over_time
from deploy.commands._rules_load import absent

if TYPE_CHECKING:
    from deploy.site import Site
    from ingest.model import Observation, Property, Series
    from rules.backtest import Window
    from rules.model import Rule, Transition

_AWAY_AFTER_MS = 120_000

Config = Annotated[Path | None, typer.Option("--config", help="Settings file: its site and its history.")]
From = Annotated[str | None, typer.Option("--from", help="First time, as 2026-07-01 or 2026-07-01T08:00.")]
To = Annotated[str | None, typer.Option("--to", help="Time before which it ends.")]
Ids = Annotated[list[str] | None, typer.Option("--rule", help="Only the rule of this id (repeatable).")]
Files = Annotated[list[Path] | None, typer.Option("--series", help="A CSV file: time,value (repeatable).")]
Labels = Annotated[Path | None, typer.Option(help="Incidents: {file name: [[start, end], …]} as JSON.")]
Zone = Annotated[str, typer.Option(help="Zone of times in files that have none.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Told = tuple[str, "Transition"]
"""A transition, with the file or the subject that it is about."""


class Past(Protocol):
    """What rules can be run over."""

    @property
    def incidents(self) -> Mapping[str, Sequence[Window]]:
        """Return the labelled incidents of each file; nothing where nobody has labelled what is stored."""

    def rules(self, files: Sequence[Path], ids: Sequence[str]) -> tuple[Rule, ...]:
        """Return the rules of these files (or, without any, those that belong to the past); UserError for faults."""

    def run(self, rules: Sequence[Rule]) -> Iterator[Told]:
        """Yield what the rules tell, with a progress bar."""


def past(
    config: Path | None, span: tuple[str | None, str | None], files: Sequence[Path], labels: Path | None, zone: str
) -> Past:
    """Return the past that is asked for; UserError unless it is one of the two."""
    start, end = span
    if files and config is None:
        return SeriesInFiles(files, labels, _zone(zone))
    if config is not None and not files and start and end:
        return StoredHistory(config, start, end)
    raise UserError("name --config with --from and --to (stored history), or --series and rules (series in files)")


class SeriesInFiles:
    """CSV files, each of which is judged by each rule, as the series of one device that it selects."""

    def __init__(self, files: Sequence[Path], labels: Path | None, zone: zoneinfo.ZoneInfo) -> None:
        from ingest import dictionary
        from rules import recorded
        from rules.view import Locale

        self._series = {file: recorded.read_series(file, zone) for file in files}
        known = recorded.read_labels(labels, zone) if labels else {}
        for file in recorded.unlabelled(files, known) if labels else ():
            typer.echo(f"{labels}: names no incidents of {file}: each of its alerts counts as false", err=True)
        self.incidents = {file.name: recorded.labels_of(file, known) for file in files}
        self._dictionary, _ = dictionary.load()
        self._locale = Locale(zone)

    def rules(self, files: Sequence[Path], ids: Sequence[str]) -> tuple[Rule, ...]:
        """Return the rules of these files; UserError for faults."""
        if not files:
            raise UserError("name the rules with --rule-file")
        return _rules(files, ids, self._dictionary)

    def run(self, rules: Sequence[Rule]) -> Iterator[Told]:
        """Yield what the rules tell, file by file."""
        from rules.backtest import replay
        from rules.engine import compile_rules

        with over_time("testing rules", len(self._series)) as progress:
            for number, (file, points) in enumerate(self._series.items(), 1):
                for rule in rules:
                    observations = list(self._observed(rule, points))
                    program = compile_rules((rule,), (observations[0].series.device,), locale=self._locale)
                    for one in replay(program, [observations], points[-1][0]):
                        yield file.name, one
                progress(number)

    def _observed(self, rule: Rule, points: Sequence[tuple[int, float]]) -> Iterator[Observation]:
        from ingest.model import Observation, Series, series_id
        from rules.recorded import cadence_s
        from rules.testing import device_for

        properties: tuple[str, ...] = getattr(rule.condition, "properties", ())
        if len(properties) != 1:
            raise UserError(f"rule {rule.id} does not judge one property: files hold one series")
        device = device_for(rule, cadence_s(points))
        name = properties[0]
        series = Series(id=series_id(device.id, name), device=device, property=self._dictionary[name])
        for time_ms, value in points:
            yield Observation(series, value, time_ms, time_ms)


class StoredHistory:
    """What the time-series store of an installation holds of a span of time."""

    def __init__(self, config: Path, start: str, end: str) -> None:
        from deploy.app import checked_site, series_store
        from deploy.settings import load

        settings = load(config)
        self._site: Site = checked_site(settings.site)
        self._start_ms, self._end_ms = (_moment(text, self._site.zone) for text in (start, end))
        if self._start_ms >= self._end_ms:
            raise UserError(f"--from {start} is not before --to {end}")
        self._store = series_store(settings, self._site)
        self.incidents: dict[str, Sequence[Window]] = {}

    def rules(self, files: Sequence[Path], ids: Sequence[str]) -> tuple[Rule, ...]:
        """Return the rules of these files, or those of the site; UserError for faults."""
        return _rules(files, ids, self._site.dictionary) if files else _chosen(self._site.rules, ids)

    def run(self, rules: Sequence[Rule]) -> Iterator[Told]:
        """Yield what the rules tell of all devices of the site."""
        from rules.backtest import replay
        from rules.engine import compile_rules

        program = compile_rules(rules, self._site.register.devices.values(), locale=self._site.locale)
        with over_time("testing rules", self._end_ms - self._start_ms) as progress:
            parts = self._store.scan(self._wanted(rules), self._start_ms, self._end_ms)
            told = replay(
                program,
                parts,
                self._end_ms,
                away_after_ms=_AWAY_AFTER_MS,
                tell=lambda at_ms: progress(at_ms - self._start_ms),
            )
            yield from ((one.subject.id, one) for one in told)

    def _wanted(self, rules: Sequence[Rule]) -> dict[int, Series]:
        """Return the series that the rules read; all of them where a rule asks who is silent."""
        judged = [getattr(rule.condition, "properties", ()) for rule in rules]
        names = set(self._site.dictionary) if () in judged else {name for properties in judged for name in properties}
        register = self._site.register
        found = (register.series(device, name) for device in register.devices for name in sorted(names))
        return {series.id: series for series in found if series is not None}


def _rules(files: Sequence[Path], ids: Sequence[str], dictionary: Mapping[str, Property]) -> tuple[Rule, ...]:
    from rules.schema import load

    rules, faults = load(files, dictionary)
    if faults:
        raise UserError("\n".join(map(str, faults)))
    return _chosen(rules, ids)


def _chosen(rules: Sequence[Rule], ids: Sequence[str]) -> tuple[Rule, ...]:
    known = {one.id for one in rules}
    for rule_id in ids:
        if rule_id not in known:
            raise absent(rule_id, known)
    return tuple(one for one in rules if not ids or one.id in ids)


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as exc:
        raise UserError(f"--zone {name!r} is not a time zone such as Asia/Shanghai") from exc


def _moment(text: str, zone: dt.tzinfo) -> int:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as exc:
        raise UserError(f"{text!r} is not a time such as 2026-07-01 or 2026-07-01T08:00") from exc
    return round((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp() * 1000)
