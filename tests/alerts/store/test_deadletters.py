"""Dead letters are kept once, counted, and re-driven."""

from __future__ import annotations

from sqlalchemy import Engine

from alerts.store import deadletters
from alerts.store.deadletters import Choice
from ingest.flow import Letter
from ingest.model import Frame, Refusal


def letter(payload: bytes = b"x", *, at_ms: int = 1000, reason: str = "not_json", topic: str = "a/b") -> Letter:
    """Return a letter of this test."""
    frame = Frame(topic=topic, payload=payload, received_at_ms=at_ms, source="mqtt")
    return Letter(frame, Refusal(stage="decode", reason=reason, detail="the payload is not JSON"))


def stranger(device: str, payload: bytes, *, at_ms: int = 1000, model: str = "") -> Letter:
    """Return a letter of a device that the register does not have."""
    refusal = Refusal(
        stage="normalise", reason="unknown_device", detail="who?", dialect="wangge_json", device=device, model=model
    )
    return Letter(Frame(topic="a/b", payload=payload, received_at_ms=at_ms, source="mqtt"), refusal)


def test_add_counts_repeats(engine: Engine) -> None:
    """The same frame again is one letter that came several times, under its latest reason."""
    with engine.begin() as connection:
        first = deadletters.add(connection, [letter(), letter(b"y"), letter(at_ms=2000)])
        again = deadletters.add(connection, [letter(at_ms=3000, reason="shape"), letter(b"z")])
        kept = deadletters.get(connection, deadletters.letter_id(letter().frame))

    assert first == {0, 1}
    assert again == {1}
    assert kept is not None
    assert (kept.times, kept.first_received_at_ms, kept.last_received_at_ms) == (3, 1000, 3000)
    assert (kept.reason, kept.payload, kept.topic) == ("shape", b"x", "a/b")


def test_add_nothing(engine: Engine) -> None:
    """An epoch without refusals writes nothing."""
    with engine.begin() as connection:
        assert deadletters.add(connection, []) == set()


def test_add_many(engine: Engine) -> None:
    """An epoch of nothing but bad frames is kept whole."""
    with engine.begin() as connection:
        new = deadletters.add(connection, [letter(b"%d" % number) for number in range(2500)])

        assert len(new) == 2500
        assert deadletters.count(connection) == {("decode", "not_json"): 2500}


def test_listed_filters(engine: Engine) -> None:
    """Letters are listed by stage and reason, the last received first."""
    with engine.begin() as connection:
        deadletters.add(connection, [letter(b"1"), letter(b"2", at_ms=5000), letter(b"3", reason="time")])

        assert [one.payload for one in deadletters.listed(connection, Choice(stage="decode"))][:1] == [b"2"]
        assert [one.payload for one in deadletters.listed(connection, Choice(reason="not_json"))] == [b"2", b"1"]
        assert deadletters.listed(connection, Choice(stage="normalise")) == []
        assert [one.payload for one in deadletters.listed(connection, limit=1)] == [b"2"]


def test_mark_redriven(engine: Engine) -> None:
    """A letter that was re-driven is not listed, and is back when its frame is refused again."""
    identity = deadletters.letter_id(letter().frame)
    with engine.begin() as connection:
        deadletters.add(connection, [letter(), letter(b"y")])
        before = deadletters.get(connection, identity)
        assert before is not None
        deadletters.mark_redriven(connection, [before], 9000)
        waiting = deadletters.waiting_ids(connection)
        redriven = deadletters.get(connection, identity)
        deadletters.add(connection, [letter(at_ms=10_000)])
        back = deadletters.waiting_ids(connection)

    assert waiting == [deadletters.letter_id(letter(b"y").frame)]
    assert redriven is not None
    assert (redriven.redriven_at_ms, redriven.redrives) == (9000, 1)
    assert identity in back


def test_mark_redriven_refused_meanwhile(engine: Engine) -> None:
    """A letter whose frame is refused again before it is marked stays listed."""
    identity = deadletters.letter_id(letter().frame)
    with engine.begin() as connection:
        deadletters.add(connection, [letter()])
        before = deadletters.get(connection, identity)
        assert before is not None
        deadletters.add(connection, [letter(at_ms=5000)])
        deadletters.mark_redriven(connection, [before], 9000)

        assert deadletters.waiting_ids(connection) == [identity]
        kept = deadletters.get(connection, identity)

    assert kept is not None
    assert deadletters.state(kept) == "refused_again"


def test_matching(engine: Engine) -> None:
    """A letter is found by the first digits of its id."""
    identity = deadletters.letter_id(letter().frame)
    with engine.begin() as connection:
        deadletters.add(connection, [letter(), letter(b"y"), letter(b"z"), letter(b"w")])

        assert deadletters.matching(connection, identity[:10]) == [identity]
        assert deadletters.matching(connection, "%") == []
        assert len(deadletters.matching(connection, "")) == 3


def test_add_topic_that_is_not_text(engine: Engine) -> None:
    """A topic that is not valid UTF-8 is kept in a form that every database takes."""
    with engine.begin() as connection:
        deadletters.add(connection, [letter(topic="a/\udcff")])

        assert [one.topic for one in deadletters.listed(connection)] == ["a/\\udcff"]


def test_by_device(engine: Engine) -> None:
    """Who was refused for a reason: each device with its letters, its latest model and letter; not who named nobody."""
    letters = [
        stranger("b", b"1", model="x@1"),
        stranger("b", b"2", at_ms=3000, model="x@2"),
        stranger("b", b"2", at_ms=4000, model="x@2"),
        stranger("a", b"3", at_ms=2000),
        stranger("", b"4"),
        letter(b"5"),
    ]
    with engine.begin() as connection:
        deadletters.add(connection, letters)
        found = deadletters.by_device(connection, "unknown_device")
        of_b = deadletters.of_devices(connection, "unknown_device", ["b"])

    assert [(one.device, one.dialect, one.model, one.letters, one.times) for one in found] == [
        ("b", "wangge_json", "x@2", 2, 3),
        ("a", "wangge_json", "", 1, 1),
    ]
    assert (found[0].first_received_at_ms, found[0].last_received_at_ms) == (1000, 4000)
    assert found[0].letter == deadletters.letter_id(letters[1].frame)
    assert of_b == [deadletters.letter_id(one.frame) for one in letters[:2]]


def test_device_that_is_not_text(engine: Engine) -> None:
    """A device name of any length and any characters is kept in a form that every database takes."""
    with engine.begin() as connection:
        deadletters.add(connection, [stranger("a\0\udcff" + "x" * 500, b"1")])

        assert deadletters.by_device(connection, "unknown_device")[0].device == "a\\udcff" + "x" * 121
