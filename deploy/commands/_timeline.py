"""A page with two runs of rules over time: a row for each subject, old alerts above new ones. It needs no net."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rules.diff import Diff, Span

_WIDTH, _LEFT, _ROW, _BAR = 1200, 320, 26, 9
_MOST_ROWS = 400
_TICKS = 5
_STYLE = """
body { font: 14px system-ui, sans-serif; margin: 24px; color: #1b1f24 } svg { display: block }
.old { fill: #9aa4af } .new { fill: #1769aa } .gone { fill: #c0392b } .more { fill: #1e8449 }
.incident { fill: #f6e3a1 } .grid { stroke: #e1e4e8 } text { font-size: 12px }
p { display: flex; align-items: center } i { width: 12px; height: 12px; margin: 0 6px 0 16px }
i:first-child { margin-left: 0 }
"""


def page(made: Diff, incidents: Mapping[str, Sequence[tuple[int, int]]], title: str, said: str) -> str:
    """Return the page under a title, with what is said of it all; rows beyond the first 400 are counted, not drawn."""
    bars = [(one, "gone", 0) for one in made.vanished] + [(one, "more", 1) for one in made.appeared]
    bars += [(old, "old", 0) for old, _ in made.both] + [(new, "new", 1) for _, new in made.both]
    rows = sorted({(one.rule_id, one.about) for one, _, _ in bars})
    times = [at_ms for one, _, _ in bars for at_ms in (one.since_ms, one.until_ms) if at_ms is not None]
    times += [at_ms for spans in incidents.values() for span in spans for at_ms in span]
    more = f", {len(rows) - _MOST_ROWS} more rows are not drawn" if len(rows) > _MOST_ROWS else ""
    drawing = "".join(_drawing(bars, rows[:_MOST_ROWS], incidents, (min(times), max(times)))) if times else ""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
        f"<h1>{escape(title)}</h1><p>{escape(said)}{more}. Times are UTC.</p><p>"
        '<i style="background:#9aa4af"></i>old<i style="background:#1769aa"></i>new'
        '<i style="background:#c0392b"></i>vanished<i style="background:#1e8449"></i>appeared'
        f'<i style="background:#f6e3a1"></i>incident</p>{drawing}</html>\n'
    )


def _drawing(
    bars: Sequence[tuple[Span, str, int]],
    rows: Sequence[tuple[str, str]],
    incidents: Mapping[str, Sequence[tuple[int, int]]],
    span: tuple[int, int],
) -> Iterator[str]:
    from rules.sentences import instant

    first, last = span
    height = _ROW * (len(rows) + 1)

    def x(at_ms: int) -> float:
        return _LEFT + (at_ms - first) / max(1, last - first) * (_WIDTH - _LEFT)

    yield f'<svg viewBox="0 0 {_WIDTH + 20} {height}" width="{_WIDTH + 20}" height="{height}">'
    for number in range(_TICKS):
        at_ms = first + (last - first) * number // (_TICKS - 1)
        anchor = "start" if number == 0 else "end" if number == _TICKS - 1 else "middle"
        yield f'<line class="grid" x1="{x(at_ms):.1f}" x2="{x(at_ms):.1f}" y1="16" y2="{height}"/>'
        yield f'<text x="{x(at_ms):.1f}" y="12" text-anchor="{anchor}">{instant(at_ms)[:16].replace("T", " ")}</text>'
    tops = {row: _ROW * (number + 1) for number, row in enumerate(rows)}
    for (rule_id, about), top in tops.items():
        for start_ms, end_ms in incidents.get(about, ()):
            yield _box("incident", x(start_ms), x(end_ms), top - 2, _ROW - 4, "incident")
        yield f'<text x="0" y="{top + 14}">{escape(f"{rule_id} · {about}")}</text>'
    for one, kind, half in bars:
        top = tops.get((one.rule_id, one.about), -1)
        if top >= 0:
            until = "still firing" if one.until_ms is None else instant(one.until_ms)
            title = f"{one.rule_id} {one.about}: {instant(one.since_ms)} to {until}"
            yield _box(kind, x(one.since_ms), x(one.until_ms or last), top + half * (_BAR + 2), _BAR, title)
    yield "</svg>"


def _box(kind: str, left: float, right: float, top: float, height: float, title: str) -> str:
    width = max(2.0, right - left)
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{top}" width="{width:.1f}" height="{height}">'
        f"<title>{escape(title)}</title></rect>"
    )
