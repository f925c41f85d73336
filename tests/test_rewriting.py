"""Near-duplicates are written again: the later one yields, and what comes out depends on the order of records alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from gamegen._random import Stream
from gamegen.engine.api import Job
from gamegen.near_duplicates import pairs_of_texts, texts_in
from gamegen.near_index import Index
from gamegen.records import JSON, Record, line_id
from gamegen.replanning import first_difference, locked
from gamegen.rewriting import MOST, Report, without_near_duplicates
from gamegen.session import Session, check_record
from gamegen.testing import FakeEngine
from gamegen.world import World
from gamegen.world_file import load_world
from gamegen.writing import MAX_ATTEMPTS
from tests.voices import Voice

ROOT = Path(__file__).parents[1]
HEDGES = ("beyond doubt", "come what may", "sooner or later", "against all advice", "at any price", "without rest")
ENDS = ("night after night", "summer and winter", "through thick and thin", "for good reasons", "in plain sight")


class Reworder(Voice):
    """A voice that says a text otherwise at each attempt of a record but the first."""

    def _say(self, job: Job, candidate: int) -> str:
        text = super()._say(job, candidate)
        if job.attempt < MAX_ATTEMPTS or job.opening or text.istitle():
            return text
        stream = Stream("reword", job.record, job.key, job.attempt // MAX_ATTEMPTS)
        told = text.removesuffix(", indeed.").split()
        half = len(told) // 2
        return f"{' '.join(told[:half])}, {stream.choice(HEDGES)}, {' '.join(told[half:])}, {stream.choice(ENDS)}."


@pytest.fixture(scope="module")
def world() -> World:
    return load_world(ROOT / "samples" / "saltmarrow" / "world")


@pytest.fixture(scope="module")
def records(world: World) -> list[Record]:
    """Eight sheets of one person: their texts say the same things."""
    with Session(engine=Reworder()) as session:
        settings: dict[str, JSON] = {"character": "mira_voss"}
        return list(session.stream("character", world=world, count=8, seed=3, settings=settings))


def near(records: Sequence[Record]) -> int:
    texts = [(record.id, kind, text) for record in records for _, kind, text in texts_in(record.data)]
    return len(pairs_of_texts(texts))


def apart(
    records: Sequence[Record], world: World, earlier: Sequence[Record] = (), engine: FakeEngine | None = None
) -> tuple[list[Record], Report]:
    with Session(engine=engine or Reworder()) as session:
        return without_near_duplicates(session, world, records, earlier)


def changed(record: Record, **parts: JSON) -> Record:
    return Record({**json.loads(record.to_line()), **parts})


def lines(records: Sequence[Record]) -> list[str]:
    return [record.to_line() for record in records]


def rewritten(record: Record) -> Mapping[str, int]:
    found: Mapping[str, int] = record["provenance"].get("rewritten", {})
    return found


@pytest.fixture(scope="module")
def result(records: list[Record], world: World) -> tuple[list[Record], Report]:
    return apart(records, world)


def test_near_duplicates_are_written_again_until_nothing_is_like_another(
    records: list[Record], result: tuple[list[Record], Report], world: World
) -> None:
    out, report = result
    assert near(records) >= 5
    assert near(out) == report.left < near(records)
    assert report.found == report.rewritten + report.left > 0
    assert report.as_json()["texts"] == sum(1 for record in records for _ in texts_in(record.data))


def test_the_earlier_record_stays_and_only_texts_of_the_later_change(
    records: list[Record], result: tuple[list[Record], Report]
) -> None:
    out, _ = result
    assert out[0] is records[0]
    assert [record.id for record in out] == [record.id for record in records]
    for old, new in zip(records, out, strict=True):
        assert first_difference(locked(json.loads(old.to_line())), locked(new.data)) is None
        changed_lines = {line for (line, _, one), (_, _, two) in zip_texts(old, new) if one != two}
        assert changed_lines <= {line_id(new.id, key) for key in rewritten(new)}


def zip_texts(one: Record, other: Record) -> zip[tuple[tuple[str, str, str], tuple[str, str, str]]]:
    return zip(texts_in(one.data), texts_in(other.data), strict=True)


def test_attempts_stand_in_the_provenance_and_the_records_pass_their_checks(
    result: tuple[list[Record], Report], world: World
) -> None:
    out, _ = result
    attempts = {number for record in out for number in rewritten(record).values()}
    assert attempts and attempts <= set(range(1, MOST + 1))
    with Session(engine=Reworder()) as session:
        for record in out:
            assert "restyled" not in record["provenance"]
            assert all("model" not in text for text in record["provenance"]["texts"].values())
            assert not check_record(record.data, session.generator(record.kind).schema, session.registry, world)


def test_the_result_does_not_depend_on_the_batch(
    records: list[Record], result: tuple[list[Record], Report], world: World
) -> None:
    alone, _ = apart(records, world, engine=Reworder(capacity=1))
    assert lines(alone) == lines(result[0])


def test_fewer_records_are_the_first_of_more(
    records: list[Record], result: tuple[list[Record], Report], world: World
) -> None:
    few, _ = apart(records[:4], world)
    assert lines(few) == lines(result[0][:4])


def test_going_on_later_gives_what_all_at_once_gives(
    records: list[Record], result: tuple[list[Record], Report], world: World
) -> None:
    out = result[0]
    later, _ = apart(records[4:], world, out[:4])
    assert lines(later) == lines(out[4:])


def test_a_second_time_changes_nothing(result: tuple[list[Record], Report], world: World) -> None:
    out, report = apart(result[0], world)
    assert lines(out) == lines(result[0])
    assert report.left == result[1].left


def test_a_text_that_comes_out_the_same_stays_after_three_attempts(records: list[Record], world: World) -> None:
    out, report = apart(records[:3], world, engine=Voice())
    assert near(out) == near(records[:3]) == report.left == report.found
    assert {number for record in out for number in rewritten(record).values()} == {MOST}


def test_an_approved_record_never_changes_and_the_draft_yields(records: list[Record], world: World) -> None:
    kept = changed(records[1], review={"state": "approved"})
    out, _ = apart([records[0], kept], world)
    assert out[1] is kept
    assert rewritten(out[0])


@pytest.mark.parametrize("source", ["library", "person"])
def test_texts_of_the_library_and_of_people_never_yield(records: list[Record], world: World, source: str) -> None:
    texts = {key: {**text, "source": source} for key, text in records[1]["provenance"]["texts"].items()}
    record = changed(records[1], provenance={**records[1]["provenance"], "texts": texts})
    out, report = apart([records[0], record], world)
    assert out[1] is record
    assert (report.found, report.left) == (0, near(records[:2]))


def test_a_locked_text_never_yields(records: list[Record], world: World) -> None:
    keys = sorted(rewritten(apart(records[:2], world)[0][1]))
    record = changed(records[1], review={"state": "draft", "locks": [keys[0]]})
    assert keys[0] not in rewritten(apart([records[0], record], world)[0][1])


def test_a_record_of_another_world_keeps_its_texts(records: list[Record], world: World) -> None:
    provenance = {**records[1]["provenance"], "entries": {**records[1]["provenance"]["entries"], "mira_voss": "0"}}
    out, report = apart([records[0], changed(records[1], provenance=provenance)], world)
    assert list(texts_in(out[1].data)) == list(texts_in(records[1].data))
    assert report.left == report.found > 0


def test_an_index_changes_nothing_and_has_all_records_in_the_end(
    records: list[Record], result: tuple[list[Record], Report], world: World, tmp_path: Path
) -> None:
    for _ in range(2):
        with Session(engine=Reworder()) as session, Index.open(tmp_path / "near.sqlite") as index:
            out, _ = without_near_duplicates(session, world, records[2:], result[0][:2], index=index)
            assert lines(out) == lines(result[0][2:])
            assert len(index) == len(records)
            assert len(index.pairs()) == near(result[0])
