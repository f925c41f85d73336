"""Sessions: many records on one engine, in order, the same bytes whatever the engine does; cancel, progress, errors."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator as Coroutine
from dataclasses import replace
from pathlib import Path

import pytest

import gamegen
from gamegen.engine.api import Completion, Job
from gamegen.errors import InvalidContent, ModelUnavailable, UsageError
from gamegen.hookspecs import Generator
from gamegen.records import JSON, Brief, Plan, Request
from gamegen.session import Progress
from gamegen.shares import shares
from gamegen.testing import FakeEngine, fake_text
from gamegen.world import World
from gamegen.world_file import load_world
from tests.worlds import odd_world, small_world

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def world() -> World:
    return load_world(ROOT / "samples" / "saltmarrow" / "world")


def lines(world: World, engine: FakeEngine, kind: str = "character", count: int = 4) -> list[str]:
    with gamegen.Session(engine=engine) as session:
        return [record.to_line() for record in session.stream(kind, world=world, count=count, seed=3)]


class Oldest(FakeEngine):
    """Answers in the order of submission instead of the reverse."""

    def poll(self) -> list[tuple[Job, tuple[Completion, ...]]]:
        self._waiting.reverse()
        answered = super().poll()
        self._waiting.reverse()
        return answered


@pytest.mark.parametrize("kind", ["quest", "dialogue", "character"])
def test_the_bytes_depend_neither_on_the_batch_nor_on_the_order_of_answers(world: World, kind: str) -> None:
    one = lines(world, FakeEngine(capacity=1), kind)
    assert lines(world, FakeEngine(capacity=200), kind) == one
    assert lines(world, Oldest(capacity=30), kind) == one


@pytest.mark.parametrize("kind", ["quest", "dialogue", "character"])
def test_a_larger_count_begins_with_the_records_of_a_smaller(world: World, kind: str) -> None:
    assert lines(world, FakeEngine(), kind, 5)[:2] == lines(world, FakeEngine(), kind, 2)


def test_records_come_in_order_though_they_finish_out_of_order(world: World) -> None:
    with gamegen.Session(engine=FakeEngine(capacity=200)) as session:
        ids = [record.id for record in session.stream("character", world=world, count=6)]
    assert ids == [f"character_{n:04d}" for n in range(1, 7)]


def test_progress_counts_records_and_texts(world: World) -> None:
    seen: list[Progress] = []
    with gamegen.Session(engine=FakeEngine()) as session:
        records = list(session.stream("character", world=world, count=3, progress=seen.append))
    assert (seen[-1].done, seen[-1].total) == (3, 3)
    assert seen[-1].texts >= sum(len(record["provenance"]["texts"]) for record in records)
    assert [each.done for each in seen] == sorted(each.done for each in seen)


def test_cancel_stops_the_stream_and_the_session_goes_on(world: World) -> None:
    with gamegen.Session(engine=FakeEngine(capacity=1)) as session:
        kept = []
        for record in session.stream("character", world=world, count=50):
            kept.append(record.id)
            if len(kept) == 2:
                session.cancel()
        again = [record.id for record in session.stream("character", world=world, count=3, seed=9)]
    assert kept == ["character_0001", "character_0002"]
    assert again == ["character_0001", "character_0002", "character_0003"]


def test_a_stream_left_early_does_not_disturb_the_next(world: World) -> None:
    with gamegen.Session(engine=FakeEngine(capacity=60)) as session:
        next(iter(session.stream("character", world=world, count=9, seed=1)))
        after = [record.to_line() for record in session.stream("character", world=world, count=2, seed=3)]
    assert after == lines(world, FakeEngine(), count=2)


def test_a_newer_run_ends_an_older_one(world: World) -> None:
    with gamegen.Session(engine=FakeEngine(capacity=60)) as session:
        older = session.stream("character", world=world, count=9, seed=1)
        next(older)
        newer = [record.to_line() for record in session.stream("character", world=world, count=2, seed=3)]
        with pytest.raises(UsageError, match=r"GG014 this run was ended by a newer one"):
            list(older)
    assert newer == lines(world, FakeEngine(), count=2)


def test_an_older_run_takes_nothing_from_a_newer_one(world: World) -> None:
    engine = Oldest(capacity=60)
    with gamegen.Session(engine=engine) as session:
        older = session.stream("character", world=world, count=9, seed=1)
        next(older)
        newer = session.stream("character", world=world, count=6, seed=3)
        kept = [next(newer).to_line()]
        pending = engine.pending
        with pytest.raises(UsageError, match="GG014"):
            list(older)
        del older
        assert engine.pending == pending > 0
        kept += [record.to_line() for record in newer]
    assert kept == lines(world, FakeEngine(), count=6)


@pytest.mark.parametrize("left", [1, 3])
def test_leaving_a_run_drops_the_engines_work(world: World, left: int) -> None:
    engine = Oldest(capacity=60)
    with gamegen.Session(engine=engine) as session:
        run = session.stream("character", world=world, count=9)
        for _ in range(left):
            next(run)
        assert engine.pending > 0
        run.close()  # type: ignore[attr-defined]
        assert engine.pending == 0


def test_a_cancelled_run_drops_the_engines_work(world: World) -> None:
    engine = Oldest(capacity=60)
    with gamegen.Session(engine=engine) as session:
        for _ in session.stream("character", world=world, count=9):
            session.cancel()
        assert engine.pending == 0


class Failing(FakeEngine):
    """Answers three requests at a time, the oldest, last first. Fails at its n-th poll, or refuses its n-th request."""

    def __init__(self, fails: str = "", at: int = 0) -> None:
        super().__init__(capacity=5)
        self.fails, self.at = fails, at
        self.calls = {"poll": 0, "submit": 0}

    def _call(self, name: str) -> None:
        if (name, self.calls[name]) == (self.fails, self.at):
            raise ModelUnavailable.of("GG861", "the device was removed")
        self.calls[name] += 1

    def poll(self) -> list[tuple[Job, tuple[Completion, ...]]]:
        self._call("poll")
        self._waiting.reverse()
        found = [*super().poll(), *super().poll(), *super().poll()][::-1]
        self._waiting.reverse()
        return found

    def submit(self, job: Job) -> None:
        self._call("submit")
        super().submit(job)


def omens(finished: list[str]) -> Generator:
    """A kind whose records ask twice for a number. Notes down the ids of the finished ones."""

    def write(plan: Plan) -> Coroutine[list[Request], list[JSON], dict[str, JSON]]:
        numbers = []
        for key in ("first", "second"):
            card = {"kind": "omen", "who": "a", "voice": "b", "intent": "c", "must": "a number"}
            schema = {"type": "integer", "minimum": 0, "maximum": 9}
            numbers += yield [Request(key, "dialogue/npc_line.j2", card, schema, candidates=1)]
        finished.append(plan.id)
        return {"id": plan.id, "kind": "omen", "numbers": numbers}

    return Generator("omen", {"type": "object"}, lambda world, brief, seed: Plan("omen", brief.id, seed, {}), write)


@pytest.mark.parametrize("fails", ["poll", "submit"])
def test_what_was_finished_is_delivered_before_a_fault_of_the_engine(world: World, fails: str) -> None:
    """Wherever the fault strikes: no finished record is lost."""
    clean, finished = Failing(), []
    briefs = [Brief("omen", "omen", f"{n:04d}", n) for n in range(9)]
    for engine in (clean, *(Failing(fails, at) for at in range(6 if fails == "poll" else 18))):
        finished.clear()
        kept = []
        with gamegen.Session(engine=engine, generators=[omens(finished)]) as session:
            if engine is clean:
                kept = [record.id for _, record in session.run(briefs, world=world, seed=3)]
                assert engine.calls["submit"] == 18
            else:
                with pytest.raises(ModelUnavailable, match="GG861"):
                    for _, record in session.run(briefs, world=world, seed=3):
                        kept.append(record.id)
        assert kept == finished, engine.at


def test_wrong_settings_are_refused_before_a_job_is_submitted(world: World) -> None:
    engine = FakeEngine()
    with gamegen.Session(engine=engine) as session, pytest.raises(UsageError, match="did you mean"):
        session.stream("character", world=world, settings={"levle": 2})
    assert engine.jobs == []


def test_a_text_that_never_passes_comes_from_the_library(world: World) -> None:
    with gamegen.Session(engine=FakeEngine(lambda job, _: "Assistant: as an AI I cannot.")) as session:
        (record,) = session.stream("character", world=world)
    sources = {text["source"] for text in record["provenance"]["texts"].values()}
    assert sources == {"library"}


def test_a_document_that_never_passes_is_an_error_that_names_record_and_key(world: World, tmp_path: Path) -> None:
    properties = {"id": {"type": "string"}, "kind": {"const": "omen"}, "weight": {"type": "integer", "minimum": 5}}
    schema = {"type": "object", "properties": properties, "required": ["id", "kind", "weight"]}
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "omen.schema.json").write_text(json.dumps(schema), encoding="utf-8")
    (tmp_path / "templates" / "omen").mkdir(parents=True)
    (tmp_path / "templates" / "omen" / "document.j2").write_text("An omen as JSON:", encoding="utf-8")
    (tmp_path / "gamegen.toml").write_text('[project]\nid = "mine"\n', encoding="utf-8")
    engine = FakeEngine(lambda job, _: '{"weight":1}')
    with (
        gamegen.Session(engine=engine, project=gamegen.load_project(tmp_path)) as session,
        pytest.raises(InvalidContent, match=r"GG612.*omen_0001"),
    ):
        list(session.stream("omen", world=world))


@pytest.mark.parametrize("kind", ["quest", "dialogue", "character"])
def test_names_in_any_script_with_any_marks_make_valid_records(kind: str) -> None:
    strange = odd_world()
    count = 3 if kind == "character" else 6  # it has names for one new person
    for engine in (FakeEngine(), FakeEngine(lambda job, _: "Assistant: no.")):
        with gamegen.Session(engine=engine) as session:
            assert len(list(session.stream(kind, world=strange, count=count, seed=2))) == count


def test_every_record_says_where_it_comes_from(world: World) -> None:
    with gamegen.Session(engine=FakeEngine()) as session:
        (record,) = session.stream("quest", world=world, seed=5)
    provenance = record["provenance"]
    assert (provenance["seed"], provenance["attempt"], provenance["model"]["id"]) == (5, 0, "fake")
    assert provenance["entries"] == {id: world.entry_hash(id) for id in provenance["entries"]}
    assert record["giver"] in provenance["entries"]
    assert {"quest/title.j2", "quest/objective.j2"} <= provenance["templates"].keys()
    assert record["review"] == {"state": "draft"}


SCRIPT = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a script starts in the background
from gamegen.cli import run
from gamegen.engine import runtime
from gamegen.testing import FakeEngine

class Slow(FakeEngine):
    def poll(self):
        time.sleep(float(sys.argv[1]))
        return super().poll()

runtime.open_engine = lambda *_, **__: Slow(capacity=1)
sys.exit(run(sys.argv[2:]))
"""


def script(*arguments: str, pause: str = "0", **options: object) -> subprocess.Popen[str]:
    """The command line in a process of its own, with a fake engine that pauses at each step."""
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, pause, *arguments],
        stderr=subprocess.PIPE,
        text=True,
        **options,  # type: ignore[call-overload]
    )


def arguments(out: Path, count: int) -> list[str]:
    world = str(ROOT / "samples" / "saltmarrow" / "world")
    return ["generate", "character", "--world", world, "-n", str(count), "--out", str(out)]


@pytest.mark.skipif(os.name == "nt", reason="SIGINT to a child is POSIX")
def test_ctrl_c_leaves_whole_records_and_exits_130(tmp_path: Path) -> None:
    out = tmp_path / "sheets.jsonl"
    process = script(*arguments(out, 500), pause="0.01")
    while not out.exists() or out.read_bytes().count(b"\n") < 2:
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "GG012" in said and "Traceback" not in said
    kept = [json.loads(line)["id"] for line in out.read_text("utf-8").splitlines()]
    assert kept == [f"character_{n:04d}" for n in range(1, len(kept) + 1)]


@pytest.mark.skipif(os.name == "nt", reason="file size limits are POSIX")
def test_a_disk_that_is_full_keeps_what_was_whole_and_the_run_goes_on_later(tmp_path: Path) -> None:
    import resource

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))

    out = tmp_path / "sheets.jsonl"
    full = script(*arguments(out, 12), preexec_fn=limit)
    _, said = full.communicate(timeout=120)
    assert full.returncode == 4
    assert "GG008" in said and "Traceback" not in said
    kept = out.read_bytes()
    assert 0 < len(kept) <= 30_000 and kept.endswith(b"\n")
    resumed = script(*arguments(out, 12))
    resumed.communicate(timeout=120)
    assert resumed.returncode == 0
    undisturbed = tmp_path / "undisturbed.jsonl"
    script(*arguments(undisturbed, 12)).communicate(timeout=120)
    assert out.read_bytes() == undisturbed.read_bytes()
    assert out.read_bytes().startswith(kept)


def test_the_fake_engine_is_a_function_of_the_job() -> None:
    job = Job("r", "k", "", "", {"type": "string", "minLength": 10, "maxLength": 60})
    assert fake_text(job, 0) == fake_text(job, 0) != fake_text(job, 1)


@pytest.mark.model
@pytest.mark.usefixtures("default_model")
def test_the_real_model_gives_the_same_bytes_in_every_batch(world: World) -> None:
    def made(count: int, **options: int) -> list[str]:
        with gamegen.Session(**options) as session:  # type: ignore[arg-type]
            return [record.to_line() for record in session.stream("character", world=world, count=count, seed=11)]

    three = made(3)
    assert made(2, batch_size=5, threads=1) == three[:2]
    assert made(1, batch_size=1) == three[:1]


def test_a_record_tells_what_it_took() -> None:
    """Candidates of every request and attempt, and the tokens that were sampled for them."""
    world = small_world()
    engine = FakeEngine()
    with gamegen.Session(engine=engine) as session:
        (record,) = session.stream("quest", world=world, count=1, seed=3)
    cost = record["provenance"]["cost"]
    assert cost["candidates"] == sum(job.candidates for job in engine.jobs)
    assert cost["tokens"] > 0
    assert f"{cost['candidates']} candidates and {cost['tokens']} tokens a record" in str(shares([record.data]))


@pytest.mark.parametrize("kind", ["quest", "dialogue", "character"])
def test_a_world_whose_own_name_has_braces_makes_valid_records(kind: str) -> None:
    world = replace(small_world(), name='The {Odd} "World"')
    with gamegen.Session(engine=FakeEngine()) as session:
        assert len(list(session.stream(kind, world=world, count=3, seed=2))) == 3
