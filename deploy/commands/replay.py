"""`wangge replay`: publishes recorded messages and series."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands._base import Command, UserError
from deploy.commands._login import BrokerOption, ConfigOption, PasswordOption, UsernameOption, login

if TYPE_CHECKING:
    from deploy.replay.series import Mapping
    from ingest.io.login import Login
    from ingest.located import Fault

_SHOWN_FAULTS = 20
_FLUSH_S = 30.0


def run(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="JSON lines, or CSV (.csv) with --mapping.")],
    broker: BrokerOption = None,
    config: ConfigOption = None,
    username: UsernameOption = None,
    password_file: PasswordOption = None,
    speed: Annotated[float, typer.Option(min=0.001, help="How many times faster than it was recorded.")] = 1.0,
    mapping: Annotated[Path | None, typer.Option(help="YAML file that says what the columns of CSV files are.")] = None,
    topic_prefix: Annotated[str, typer.Option(help="Put before every topic.")] = "",
    *,
    full: Annotated[bool, typer.Option("--full", help="As fast as the broker takes it.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad lines out and list them at the end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="End with a report as JSON.")] = False,
) -> None:
    """Publish recorded messages at real, scaled (--speed) or full speed (--full), in order of time."""
    from deploy.replay.play import survey

    place = login(broker, config, username, password_file)
    plan = _Plan(files, _mapping(mapping), place, topic_prefix, None if full else speed)
    count, faults = survey(files, plan.mapping)
    if faults and not skip_bad:
        raise UserError(_told(faults) + "\nnothing was published: mend them, or leave them out with --skip-bad")
    if count == 0:
        raise UserError("there is no message to publish in these files")
    published, missing, seconds = _publish(plan, count)
    report = {
        "frames": published,
        "acknowledged": published - missing,
        "skipped": len(faults),
        "seconds": round(seconds, 3),
        "frames_per_s": round(published / seconds, 1) if seconds else None,
    }
    if as_json:
        typer.echo(json.dumps(report))
    else:
        typer.echo(f"{published} of {count} messages published in {seconds:.1f} s, {len(faults)} bad lines left out")
    if faults:
        typer.echo(_told(faults), err=True)
    if missing:
        raise UserError(f"the broker did not acknowledge {missing} messages within {_FLUSH_S:g} s")


@dataclasses.dataclass(frozen=True, slots=True)
class _Plan:
    files: Sequence[Path]
    mapping: Mapping | None
    broker: Login
    prefix: str
    speed: float | None


def _mapping(path: Path | None) -> Mapping | None:
    from deploy.replay import series

    if path is None:
        return None
    found, faults = series.load(path)
    if faults:
        raise UserError(_told(faults))
    return found


def _told(faults: Sequence[Fault]) -> str:
    more = len(faults) - _SHOWN_FAULTS
    return "\n".join([*map(str, faults[:_SHOWN_FAULTS]), *([f"… and {more} more"] if more > 0 else [])])


def _publish(plan: _Plan, count: int) -> tuple[int, int, float]:
    """Return how many were published, how many of them not acknowledged, and the seconds that it took."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from deploy.clock import monotonic_s
    from deploy.replay.play import messages, play
    from simulators.publisher import Publisher, PublishError

    begin_s = monotonic_s()

    def wait_s(due_s: float) -> None:
        rest_s = begin_s + due_s - monotonic_s()
        if rest_s > 0:
            time.sleep(rest_s)

    columns = TextColumn("replay"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    published = 0
    try:
        with (
            Publisher(plan.broker.host, plan.broker.port, "wangge-replay", prepare=plan.broker.prepare) as publisher,
            Progress(*columns, console=Console(stderr=True), transient=True) as progress,
        ):
            task = progress.add_task("", total=count)
            stream = (one._replace(topic=plan.prefix + one.topic) for one in messages(plan.files, plan.mapping))
            try:
                for published in play(stream, publisher.publish, wait_s, plan.speed):
                    progress.update(task, completed=published)
            except KeyboardInterrupt:
                progress.console.print("interrupted: waiting for the last acknowledgements")
            missing = publisher.flush(_FLUSH_S)
    except (PublishError, ValueError) as exc:
        raise UserError(f"{exc} ({published} messages were published)") from exc
    return published, missing, monotonic_s() - begin_s


COMMAND = Command("replay", run)
