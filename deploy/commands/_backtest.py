"""`wangge rules backtest`: what rules would have told of stored history, or of series in files with incidents."""

from __future__ import annotations

import datetime as dt
import json
import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from deploy.commands._base import UserError
from deploy.commands._progress import over_time

if TYPE_CHECKING:
    from ingest.model import Observation, Property, Series
    from rules.backtest import Score
    from rules.model import Rule, Transition

AWAY_AFTER_MS = 120_000
_FIRING = "firing"

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


class _Run(NamedTuple):
    """What came of it: transitions with the file (or device) that each is about, and the score of each file."""

    transitions: list[tuple[str, Transition]]
    scores: dict[str, Score]


def backtest(
    further: Annotated[list[Path] | None, typer.Argument(metavar="[CSV]...", help="More files, as --series.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Settings file: its site and its history.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="First time, as 2026-07-01 or 2026-07-01T08:00.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Time before which it ends.")] = None,
    rule: Annotated[list[str] | None, typer.Option("--rule", help="Only the rule of this id (repeatable).")] = None,
    rule_file: Annotated[
        list[Path] | None, typer.Option("--rule-file", help="Rules of this file or folder, not those of the site.")
    ] = None,
    series: Annotated[list[Path] | None, typer.Option("--series", help="A CSV file: time,value (repeatable).")] = None,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="Incidents: {file name: [[start, end], …]} as JSON.")
    ] = None,
    zone: Annotated[str, typer.Option("--zone", help="Zone of times in files that have none.")] = "UTC",
    *,
    as_json: _Json = False,
) -> None:
    """Run rules over stored history (--config, --from, --to) or over files (--series, --rule-file)."""
    from rules.errors import RecordedError

    files = [*(series or []), *(further or [])]
    try:
        if files and config is None:
            found = _over_files(files, rule_file or [], rule or [], labels, _zone(zone))
        elif config is not None and not files and start and end:
            found = _over_history(config, (start, end), rule_file or [], rule or [])
        else:
            raise UserError(
                "name --config with --from and --to (stored history), or --series with --rule-file (series in files)"
            )
    except RecordedError as exc:
        raise UserError(str(exc)) from exc
    typer.echo(_as_json(found) if as_json else _as_text(found))


def _over_files(
    files: Sequence[Path], rule_files: Sequence[Path], ids: Sequence[str], labels: Path | None, zone: dt.tzinfo
) -> _Run:
    from ingest import dictionary as properties
    from rules import recorded
    from rules.backtest import replay, score
    from rules.engine import compile_rules

    if not rule_files:
        raise UserError("name the rules with --rule-file")
    dictionary, _ = properties.load()
    rules = _rules(rule_files, ids, dictionary)
    windows = recorded.read_labels(labels, zone) if labels else {}
    run = _Run([], {})
    with over_time("testing rules", len(files)) as progress:
        for number, file in enumerate(files, 1):
            points = recorded.read_series(file, zone)
            firings: list[int] = []
            for one in rules:
                observations = list(_observed(one, points, recorded.cadence_s(points), dictionary))
                program = compile_rules((one,), (observations[0].series.device,))
                for transition in replay(program, [observations], points[-1][0]):
                    run.transitions.append((file.name, transition))
                    firings += [transition.since_ms] if transition.state == _FIRING else []
            run.scores[file.name] = score(firings, recorded.labels_of(file, windows))
            progress(number)
    return run


def _observed(
    rule: Rule, points: Sequence[tuple[int, float]], cadence_s: int, dictionary: dict[str, Property]
) -> Iterator[Observation]:
    """Yield the values as observations of a device that the rule selects."""
    from ingest.model import Observation, Series, series_id
    from rules.testing import device_for

    if rule.condition.reads == "clock" or len(rule.condition.properties) != 1:
        raise UserError(f"rule {rule.id} does not judge one series: files hold one")
    name = rule.condition.properties[0]
    device = device_for(rule, cadence_s)
    series = Series(id=series_id(device.id, name), device=device, property=dictionary[name])
    for time_ms, value in points:
        yield Observation(series, value, time_ms, time_ms)


def _over_history(config: Path, span: tuple[str, str], rule_files: Sequence[Path], ids: Sequence[str]) -> _Run:
    from deploy.app import checked_site, series_store
    from deploy.settings import load
    from rules.backtest import replay, score
    from rules.engine import compile_rules

    settings = load(config)
    site = checked_site(settings.site)
    start_ms, end_ms = (_moment(text, site.zone) for text in span)
    if start_ms >= end_ms:
        raise UserError(f"--from {span[0]} is not before --to {span[1]}")
    rules = _rules(rule_files, ids, site.dictionary) if rule_files else _chosen(site.rules, ids)
    program = compile_rules(rules, site.register.devices.values())
    names = sorted({name for one in rules for name in getattr(one.condition, "properties", ())} or site.dictionary)
    wanted: dict[int, Series] = {}
    for device in site.register.devices.values():
        for name in names:
            found = site.register.series(device.id, name)
            if found is not None:
                wanted[found.id] = found
    store = series_store(settings, site)
    run = _Run([], {})
    with over_time("testing rules", end_ms - start_ms) as progress:
        parts = store.scan(wanted, start_ms, end_ms)
        for one in replay(
            program, parts, end_ms, away_after_ms=AWAY_AFTER_MS, tell=lambda at_ms: progress(at_ms - start_ms)
        ):
            run.transitions.append((one.subject.id, one))
    store.close()
    run.scores[config.name] = score([one.since_ms for _, one in run.transitions if one.state == _FIRING], [])
    return run


def _rules(files: Sequence[Path], ids: Sequence[str], dictionary: Mapping[str, Property]) -> tuple[Rule, ...]:
    """Return the rules of files; UserError with every fault."""
    from rules.schema import load

    rules, faults = load(files, dictionary)
    if faults:
        raise UserError("\n".join(map(str, faults)))
    return _chosen(rules, ids)


def _chosen(rules: Sequence[Rule], ids: Sequence[str]) -> tuple[Rule, ...]:
    known = {one.id for one in rules}
    for absent in (one for one in ids if one not in known):
        raise UserError(f"there is no rule {absent!r}: `wangge rules list` shows them")
    return tuple(one for one in rules if not ids or one.id in ids)


def _zone(name: str) -> dt.tzinfo:
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


def _written(time_ms: int) -> str:
    from rules.sentences import instant

    return instant(time_ms)


def _as_json(run: _Run) -> str:
    from rules.backtest import total

    told = [
        {
            "about": about,
            "rule": one.rule_id,
            "rule_version": one.rule_version,
            "subject": one.subject.id,
            "state": one.state,
            "since": _written(one.since_ms),
            "severity": one.severity,
            "reason": one.reason,
        }
        for about, one in run.transitions
    ]
    files = {name: _score(one) for name, one in run.scores.items()}
    return json.dumps({"transitions": told, **_score(total(run.scores.values())), "files": files}, ensure_ascii=False)


def _score(one: Score) -> dict[str, object]:
    return {
        "alerts": one.alerts,
        "found": one.found,
        "missed": one.missed,
        "false_alarms": one.false_alarms,
        "median_delay_s": one.median_delay_s,
    }


def _as_text(run: _Run) -> str:
    lines = [
        f"{_written(one.since_ms)}  {one.state:9} {one.severity:9} {one.rule_id}  {about}: {one.reason}"
        for about, one in run.transitions
    ]
    for name, one in run.scores.items():
        found = f", {one.found} incidents found, {one.missed} missed, {one.false_alarms} false alarms"
        labelled = found if one.found + one.missed else ""
        delay = f", median delay {one.median_delay_s:g} s" if one.delays_s else ""
        lines.append(f"{name}: {one.alerts} alert{'s' * (one.alerts != 1)}{labelled}{delay}")
    return "\n".join(lines)
