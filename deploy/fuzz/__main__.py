"""`make fuzz N=200000`: prints `{"cases", "observations", "refusals", "crashes"}`; exit code 1 where one crashed.

python -m deploy.fuzz CASES [--seed S] [--recordings FOLDER] [--messages FILE]… [--crashes FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from deploy.fuzz import recordings
from deploy.fuzz.run import run
from ingest import dictionary
from ingest.profiles import loading

_FOLDER = Path(__file__).resolve().parents[2] / "tests" / "ingest" / "dialects" / "payloads"


def main(arguments: list[str] | None = None) -> int:
    """Run, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.fuzz", description="Spoil recorded messages, decode them.")
    parser.add_argument("cases", type=int, help="how many messages")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same messages (default 1)")
    parser.add_argument("--recordings", type=Path, default=_FOLDER, help="folder of recorded cases")
    parser.add_argument("--messages", type=Path, action="append", default=[], help="file of messages (JSON lines)")
    parser.add_argument("--crashes", type=Path, help="file for the messages that crashed, as small as can be")
    wanted = parser.parse_args(arguments)
    cases = recordings.of_folder(wanted.recordings)
    profiles, _ = loading.load([loading.SHIPPED], dictionary.load()[0])
    anybody = recordings.Anybody(profiles)
    found = cases + [one._replace(lookup=anybody) for one in cases]
    for file in wanted.messages:
        found += recordings.of_file(file, anybody)
    if not found or wanted.cases < 1:
        parser.error(f"{wanted.recordings} has no recorded case" if wanted.cases > 0 else "cases: give at least 1")
    result = run(found, wanted.cases, wanted.seed, lambda text: print(text, file=sys.stderr, flush=True))  # noqa: T201 - progress
    crashes = [json.dumps(one.told(), ensure_ascii=True) for one in result.kept]
    for line in crashes:
        print(line, file=sys.stderr)  # noqa: T201 - what to mend
    if wanted.crashes and crashes:
        wanted.crashes.write_text("".join(f"{line}\n" for line in crashes), encoding="ascii")
    counts = {name: getattr(result, name) for name in ("cases", "observations", "refusals", "crashes")}
    print(json.dumps(counts))  # noqa: T201 - the result
    return 1 if result.crashes else 0


if __name__ == "__main__":
    sys.exit(main())
