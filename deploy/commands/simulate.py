"""`wangge simulate`: plays a simulated city to a broker, by a clock that the rest of the system shares."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.commands._base import Command, UserError
from deploy.commands._login import BrokerOption, ConfigOption, PasswordOption, UsernameOption, login

if TYPE_CHECKING:
    from deploy.clock import Clock
    from deploy.site import Site
    from ingest.io.login import Login
    from simulators.crew import Crew
    from simulators.incidents import Book
    from simulators.scenario import Scenario

_POLL_S = 0.5
_CREWS_END_S = 15.0


def run(
    site: Annotated[Path, typer.Option(help="Site folder.")],
    broker: BrokerOption = None,
    config: ConfigOption = None,
    username: UsernameOption = None,
    password_file: PasswordOption = None,
    scenario: Annotated[str, typer.Option(help="Name of a shipped scenario, or a YAML file.")] = "evening",
    seed: Annotated[int, typer.Option(help="The same seed gives the same city.")] = 7,
    clock: Annotated[
        str | None,
        typer.Option(
            metavar="START_MS,WALL_START,SPEED",
            help="Default: the wall clock, from now on. WALL_START: milliseconds, or a file that will hold them.",
        ),
    ] = None,
    duration: Annotated[str | None, typer.Option(help="Virtual time to play, such as 60m; default: no end.")] = None,
    truth: Annotated[Path | None, typer.Option(help="File for what was true: a JSON list of incidents.")] = None,
    crew_url: Annotated[str | None, typer.Option(help="Web application where simulated crews work.")] = None,
    crew_password_file: Annotated[
        Path | None, typer.Option(help="Password of the crews' accounts, named like the crews.")
    ] = None,
    by_hand: Annotated[str | None, typer.Option(help="A crew that a person plays: it is left alone.")] = None,
    clients: Annotated[int, typer.Option(min=1, max=32, help="MQTT connections.")] = 2,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="End with a report as JSON.")] = False,
) -> None:
    """Send what the site's devices would send, with the incidents of a scenario, until the end or Ctrl-C."""
    from deploy.site import load_site

    place, faults = load_site(site)
    if place is None:
        raise UserError("\n".join([*map(str, faults), f"{site} has {len(faults)} faults: nothing was started"]))
    plan = _scenario(scenario)
    shared = _clock(clock)
    report = _play(
        _Options(
            site=place,
            scenario=plan,
            clock=shared,
            seed=seed,
            end_ms=shared.start_ms + _duration_ms(duration) if duration else None,
            broker=login(broker, config, username, password_file),
            clients=clients,
            truth=truth,
            crew_url=crew_url,
            password=_password(crew_url, crew_password_file),
            by_hand=_crew_name(by_hand, place),
        )
    )
    if as_json:
        typer.echo(json.dumps(report))
    else:
        typer.echo(" · ".join(f"{name} {value}" for name, value in report.items()))
    if report["late_s"] > 5:  # noqa: PLR2004 - seconds of wall time that nobody would overlook
        typer.echo(f"sending fell {report['late_s']} s behind the clock: lower the speed or add --clients", err=True)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    site: Site
    scenario: Scenario
    clock: Clock
    seed: int
    end_ms: int | None
    broker: Login
    clients: int
    truth: Path | None
    crew_url: str | None
    password: str
    by_hand: str | None


def _play(options: _Options) -> dict[str, Any]:
    from simulators.city import City, CityError
    from simulators.faults import spoil
    from simulators.incidents import Book
    from simulators.publisher import Publisher, PublishError
    from simulators.run import Pulse, TruthFile, befall, send
    from simulators.scenario import Planner
    from simulators.truth import Truth

    site, scenario, seed = options.site, options.scenario, options.seed
    devices = tuple(site.register.devices.values())
    book = Book()
    world = Truth(seed=seed, zone=site.zone, book=book, rain_mm_h=scenario.rain_mm_h)
    pulse = Pulse(now_ms=options.clock.now_ms, wall_s=options.clock.wall_s)
    truth_file = TruthFile(options.truth, book)
    stop = threading.Event()
    with contextlib.ExitStack() as stack:
        try:
            city = City(site.id, devices, world)
            planner = Planner(scenario=scenario, devices=devices, seed=seed)
            frames = city.frames(options.clock.start_ms, options.end_ms)
            stream = spoil(befall(frames, planner, book, options.clock.start_ms), seed, scenario.faults)
            names = [f"wangge-simulator-{site.id}-{number}" for number in range(options.clients)]
            broker = options.broker
            publishers = [
                stack.enter_context(Publisher(broker.host, broker.port, name, prepare=broker.prepare)) for name in names
            ]
            stack.enter_context(_stopped_by_signals(stop))
            crews = stack.enter_context(_crews(options, book, pulse, stop))
            truth_file.save(pulse.now_ms())  # whoever waits for it knows that we are ready
            report = send(stream, publishers, pulse, stop, truth=truth_file)
            truth_file.save(pulse.now_ms())
        except (CityError, PublishError, ValueError) as exc:
            raise UserError(str(exc)) from exc
        except OSError as exc:
            raise UserError(f"{options.truth} cannot be written: {exc.strerror}") from exc
    return {
        "published": report.published,
        "acknowledged": report.acknowledged,
        "unacknowledged": report.unacknowledged,
        "incidents": len(book.begun(pulse.now_ms())),
        "tasks_done": sum(crew.done for crew in crews),
        "late_s": round(report.late_s, 1),
    }


@contextlib.contextmanager
def _crews(options: _Options, book: Book, pulse: Any, stop: threading.Event) -> Iterator[list[Crew]]:
    """Let the crews work in a thread of their own until the block is left; a mistake of the user is raised then."""
    import httpx

    from simulators.crew import Crew, CrewError, Onlooker, Pace
    from simulators.run import work

    if options.crew_url is None:
        yield []
        return
    mistakes: list[CrewError] = []
    ended = threading.Event()
    with httpx.Client(base_url=options.crew_url) as client:
        crews = [
            (Onlooker if name == options.by_hand else Crew)(
                client, name, options.password, book=book, pace=Pace(), seed=options.seed
            )
            for name in options.site.matrix.crews
        ]

        def live() -> None:
            try:
                work(crews, pulse, ended, _POLL_S)
            except CrewError as exc:
                mistakes.append(exc)
                stop.set()

        thread = threading.Thread(target=live, name="crews", daemon=True)
        thread.start()
        try:
            yield crews
        finally:
            ended.set()
            thread.join(_CREWS_END_S)
    if mistakes:
        raise UserError(str(mistakes[0]))
    for trouble in {crew.trouble for crew in crews if crew.trouble}:
        typer.echo(trouble, err=True)


@contextlib.contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _scenario(name: str) -> Scenario:
    from simulators import scenario as scenarios

    path = Path(name) if name.endswith((".yaml", ".yml")) else scenarios.FOLDER / f"{name}.yaml"
    if not path.is_file():
        raise UserError(f"there is no scenario {name!r}: give a YAML file or one of {', '.join(scenarios.names())}")
    found, faults = scenarios.load(path)
    if found is None:
        raise UserError("\n".join(map(str, faults)))
    return found


def _clock(text: str | None) -> Clock:
    from deploy.clock import Clock

    if text is None:
        now_ms = Clock().now_ms()
        return Clock(start_ms=now_ms, wall_start=now_ms)
    try:
        start, wall_start, speed = text.split(",")
        begun = int(wall_start) if wall_start.isdecimal() else Path(wall_start)
        clock = Clock(start_ms=int(start), wall_start=begun, speed=float(speed))
    except ValueError:
        raise UserError(f"--clock is {text!r}: give START_MS,WALL_START,SPEED, as in 1795516200000,0,60") from None
    if not 0 < clock.speed <= 1e6:  # noqa: PLR2004 - a guard against slips of the pen
        raise UserError(f"--clock has speed {clock.speed:g}: give a number above 0")
    return clock


def _duration_ms(text: str) -> int:
    from simulators.scenario import duration_ms

    try:
        return duration_ms(text)
    except ValueError as exc:
        raise UserError(f"--duration: {exc}") from None


def _crew_name(name: str | None, site: Site) -> str | None:
    if name is not None and name not in site.matrix.crews:
        raise UserError(f"there is no crew {name!r}: name one of {', '.join(site.matrix.crews)}")
    return name


def _password(url: str | None, path: Path | None) -> str:
    from simulators.crew import CrewError, read_password

    if url is None:
        return ""
    if path is None:
        raise UserError("--crew-url needs --crew-password-file, a file with the password of the crews' accounts")
    try:
        return read_password(path)
    except CrewError as exc:
        raise UserError(str(exc)) from exc


COMMAND = Command("simulate", run)
