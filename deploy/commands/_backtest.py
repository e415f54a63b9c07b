"""`wangge rules backtest`: what rules would have told of stored history, or of series in files with incidents."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands import _past as past_of
from deploy.commands._base import UserError

if TYPE_CHECKING:
    from rules.backtest import Score


def backtest(
    further: Annotated[list[Path] | None, typer.Argument(metavar="[CSV]...", help="More files, as --series.")] = None,
    config: past_of.Config = None,
    start: past_of.From = None,
    end: past_of.To = None,
    rule: past_of.Ids = None,
    rule_file: Annotated[
        list[Path] | None, typer.Option("--rule-file", help="Rules of this file or folder, not those of the site.")
    ] = None,
    series: past_of.Files = None,
    labels: past_of.Labels = None,
    zone: past_of.Zone = "UTC",
    *,
    as_json: past_of.Json = False,
) -> None:
    """Run rules over stored history (--config, --from, --to) or over files (--series, --rule-file)."""
    from rules.backtest import score
    from rules.errors import RecordedError

    try:
        past = past_of.past(config, (start, end), [*(series or []), *(further or [])], labels, zone)
    except RecordedError as exc:
        raise UserError(str(exc)) from exc
    told = list(past.run(past.rules(rule_file or [], rule or [])))
    firings = [(about, one.since_ms) for about, one in told if one.state == "firing"]
    scores = {
        name: score([at_ms for about, at_ms in firings if about == name], windows)
        for name, windows in past.incidents.items()
    } or {"history": score([at_ms for _, at_ms in firings], [])}
    typer.echo(_as_json(told, scores) if as_json else _as_text(told, scores))


def _as_json(told: Sequence[past_of.Told], scores: Mapping[str, Score]) -> str:
    from rules.backtest import total
    from rules.sentences import instant

    transitions = [
        {
            "about": about,
            "rule": one.rule_id,
            "rule_version": one.rule_version,
            "subject": one.subject.id,
            "state": one.state,
            "since": instant(one.since_ms),
            "severity": one.severity,
            "reason": one.reason,
        }
        for about, one in told
    ]
    return json.dumps({"transitions": transitions, **figures(total(scores.values()))}, ensure_ascii=False)


def figures(one: Score) -> dict[str, object]:
    """Return a score as a machine reads it."""
    return {
        "alerts": one.alerts,
        "found": one.found,
        "missed": one.missed,
        "false_alarms": one.false_alarms,
        "median_delay_s": one.median_delay_s,
    }


def _as_text(told: Sequence[past_of.Told], scores: Mapping[str, Score]) -> str:
    from rules.sentences import instant

    lines = [
        f"{instant(one.since_ms)}  {one.state:9} {one.severity:9} {one.rule_id}  {about}: {one.reason}"
        for about, one in told
    ]
    for name, one in scores.items():
        found = f", incidents: {one.found} found, {one.missed} missed; false alarms: {one.false_alarms}"
        labelled = found if one.found + one.missed else ""
        delay = f", median delay {one.median_delay_s:g} s" if one.delays_s else ""
        lines.append(f"{name}: {one.alerts} alert{'s' * (one.alerts != 1)}{labelled}{delay}")
    return "\n".join(lines)
