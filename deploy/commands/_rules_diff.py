"""`wangge rules diff`: what a change of rules changes, over the past: alerts that appear, vanish or move."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands import _past as past_of
from deploy.commands._backtest import figures
from deploy.commands._base import UserError

if TYPE_CHECKING:
    from rules.backtest import Score
    from rules.diff import Diff, Span

_SHOWN = 40


def diff(
    old: Annotated[Path, typer.Argument(help="Rule file or folder as it was.")],
    new: Annotated[Path, typer.Argument(help="Rule file or folder as it shall be.")],
    config: past_of.Config = None,
    start: past_of.From = None,
    end: past_of.To = None,
    rule: past_of.Ids = None,
    series: past_of.Files = None,
    labels: past_of.Labels = None,
    zone: past_of.Zone = "UTC",
    html: Annotated[Path | None, typer.Option(help="Write a timeline of all alerts to this file.")] = None,
    *,
    as_json: past_of.Json = False,
) -> None:
    """Run two versions of rules over the same past and show which alerts appear, vanish and move."""
    from deploy.commands._timeline import page
    from rules.backtest import score, total
    from rules.diff import compare, spans
    from rules.errors import RecordedError

    try:
        past = past_of.past(config, (start, end), series or [], labels, zone)
    except RecordedError as exc:
        raise UserError(str(exc)) from exc
    runs = [spans(past.run(past.rules([path], rule or []))) for path in (old, new)]
    scores = [
        total(
            score([one.since_ms for one in run if one.about == name], windows)
            for name, windows in past.incidents.items()
        )
        for run in runs
    ]
    made = compare(*runs)
    lines = _as_text(made, scores, labelled=labels is not None)
    if html is not None:
        _write(html, page(made, past.incidents, f"{old} → {new}", lines[-1]))
    typer.echo(_as_json(made, scores) if as_json else "\n".join(lines))


def _write(html: Path, text: str) -> None:
    try:
        html.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise UserError(f"{html}: {exc.strerror}") from exc


def _as_json(made: Diff, scores: Sequence[Score]) -> str:
    return json.dumps(
        {
            "old": figures(scores[0]) | {"alerts": len(made.vanished) + len(made.both)},
            "new": figures(scores[1]) | {"alerts": len(made.appeared) + len(made.both)},
            "appeared": [_told(one) for one in made.appeared],
            "vanished": [_told(one) for one in made.vanished],
            "moved": [{"old": _told(before), "new": _told(after)} for before, after in made.moved],
            "median_shift_s": made.median_shift_s,
        },
        ensure_ascii=False,
    )


def _told(one: Span) -> dict[str, object]:
    from rules.sentences import instant

    until = None if one.until_ms is None else instant(one.until_ms)
    return {
        "rule": one.rule_id,
        "about": one.about,
        "since": instant(one.since_ms),
        "until": until,
        "severity": one.severity,
    }


def _as_text(made: Diff, scores: Sequence[Score], *, labelled: bool) -> list[str]:
    from rules.sentences import duration, instant

    lines = []
    for mark, some in (("-", made.vanished), ("+", made.appeared)):
        lines += [f"{mark} {instant(one.since_ms)}  {one.rule_id}  {one.about}" for one in some[:_SHOWN]]
        lines += [f"{mark} … {len(some) - _SHOWN} more"] if len(some) > _SHOWN else []
    for before, after in made.moved[:_SHOWN]:
        shift_ms = after.since_ms - before.since_ms
        how = f"{duration(abs(shift_ms))} {'later' if shift_ms > 0 else 'earlier'}"
        lines.append(f"~ {instant(before.since_ms)}  {before.rule_id}  {before.about}: {how}")
    if len(made.moved) > _SHOWN:
        lines.append(f"~ … {len(made.moved) - _SHOWN} more")
    said = [f"{len(made.vanished) + len(made.both)} → {len(made.appeared) + len(made.both)} alerts"]
    if labelled:
        old, new = scores
        missed = "no labelled incident missed" if not new.missed else f"{old.missed} → {new.missed} incidents missed"
        said += [missed, f"{old.false_alarms} → {new.false_alarms} false alarms"]
    shift_s = made.median_shift_s
    if shift_s:
        said.append(f"median {duration(round(abs(shift_s) * 1000))} {'later' if shift_s > 0 else 'earlier'}")
    return [*lines, ", ".join(said)]
