"""Restyling: the same requests once more in another tone or voice; only texts change, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Generator as Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

import gamegen
from gamegen.cards import card_text
from gamegen.checks.text import texts_of
from gamegen.engine import runtime
from gamegen.engine.api import Completion, Job
from gamegen.errors import InvalidContent, UsageError
from gamegen.hookspecs import Generator
from gamegen.originality import TAUGHT_WORDS, Copies
from gamegen.plugins import Registry, load_registry
from gamegen.project import Project
from gamegen.prompts import Prompts
from gamegen.records import CONTRACTS, JSON, Brief, Plan, Record, Request, canonical, content_hash
from gamegen.replanning import asked_texts, brief_of, first_difference, lines_of, locked, replan, with_texts
from gamegen.restyling import MOST_TONE, prepare, run, style_of
from gamegen.rewording import Draft, Restyled, toned
from gamegen.selection import holds
from gamegen.session import Session, check_record, in_order
from gamegen.testing import FakeEngine
from gamegen.world import World
from gamegen.world_file import load_world
from tests.test_prompts import OTHERS
from tests.voices import Voice, card_of

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def world() -> World:
    return load_world(ROOT / "samples" / "saltmarrow" / "world")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="module")
def records(world: World) -> list[Record]:
    """A record of each kind, as they stand on disk."""
    settings: dict[str, dict[str, JSON]] = {"dialogue": {"nodes": 7}, "character": {"level": 4}}
    with Session(engine=FakeEngine()) as session:
        made = [
            next(session.stream(kind, world=world, seed=3, settings=settings.get(kind)))
            for kind in ("quest", "dialogue", "character")
        ]
    return [Record(json.loads(record.to_line())) for record in made]


def restyled(
    records: Sequence[Record],
    world: World,
    engine: FakeEngine | None = None,
    registry: Registry | None = None,
    project: Project | None = None,
    **style: Any,
) -> list[Restyled]:
    wanted = style_of(**{"tone": "wry", **style})
    prepared = prepare(records, registry or load_registry(), world, project, wanted)
    with Session(engine=engine or Voice(), project=project) as session:
        return list(in_order(run(session, prepared, world=world, style=wanted)))


def changed(record: Record, **parts: JSON) -> Record:
    return Record({**json.loads(record.to_line()), **parts})


def refusal(result: Restyled, given: Record) -> str:
    assert result.record is given and result.changes == ()
    return str(result.findings[0])


# The plan behind a record


@pytest.mark.parametrize("index", range(3))
def test_a_record_is_planned_again_with_the_very_same_requests(
    records: list[Record], world: World, registry: Registry, index: int
) -> None:
    record = records[index]
    generator = registry.generator(record.kind)
    plan = replan(record, registry, world)
    asked = asked_texts(record, plan, generator)
    brief = brief_of(record)
    assert canonical(dict(plan.data)) == canonical(dict(generator.plan(world, brief, 3).data))
    assert [each.request.key for each in asked] == list(dict.fromkeys(each.request.key for each in asked))
    assert {each.request.key for each in asked} == record["provenance"]["texts"].keys()
    assert sorted(each.text for each in asked) == sorted(text for _, text in texts_of(record.data))
    assert all(each.request.card["must"] for each in asked)


def test_the_brief_stands_in_the_provenance(records: list[Record]) -> None:
    found = records[2]["provenance"]["brief"]
    assert found == {"block": "character", "row": "0001", "ordinal": 1, "settings": {"level": 4}}


def test_a_record_of_a_brief_with_an_id_of_its_own_is_planned_again(
    world: World, registry: Registry, tmp_path: Path
) -> None:
    (tmp_path / "briefs.csv").write_text("id,character\nsmith_first,mira_voss\n", encoding="utf-8")
    with Session(engine=FakeEngine()) as session:
        (record,) = session.stream("character", world=world, briefs=tmp_path / "briefs.csv", block="side_cast")
    assert replan(record, registry, world).id == "side_cast_smith_first"


def test_a_record_made_before_briefs_were_kept_is_planned_by_its_id(
    records: list[Record], world: World, registry: Registry
) -> None:
    old = json.loads(records[0].to_line())
    del old["provenance"]["brief"]
    assert replan(Record(old), registry, world) == replan(records[0], registry, world)
    old["id"] = "quest_first"
    with pytest.raises(InvalidContent, match=r"GG614.*no brief, and its id does not end in a number"):
        replan(Record(old), registry, world)


def test_settings_that_an_old_record_does_not_hold_are_told(
    records: list[Record], world: World, registry: Registry
) -> None:
    old = json.loads(records[1].to_line())
    del old["provenance"]["brief"]
    (result,) = restyled([Record(old)], world)
    assert "GG614" in str(result.findings[0])


@pytest.mark.parametrize(
    "brief", [{}, {"block": "quest"}, {"block": 1, "row": "0001", "ordinal": 1, "settings": {}}, 7]
)
def test_a_brief_that_is_none_is_told(records: list[Record], brief: JSON) -> None:
    provenance = {**records[0]["provenance"], "brief": brief}
    with pytest.raises(InvalidContent, match=r"GG614.*a brief without block, row, ordinal and settings"):
        brief_of(changed(records[0], provenance=provenance))


# What comes out


def test_only_texts_change(records: list[Record], world: World, registry: Registry) -> None:
    for old, result in zip(records, restyled(records, world), strict=True):
        new = result.record
        assert result.findings == () and result.changed >= 3
        assert locked(new.data) == locked(old.data)
        assert [line for line, _ in lines_of(new.data)] == [line for line, _ in lines_of(old.data)]
        assert check_record(new.data, registry.generator(new.kind).schema, registry, world) == []
        texts = dict(lines_of(new.data))
        assert {change.new for change in result.changes} == set(texts.values())
        assert all(change.record == old.id for change in result.changes)


def test_the_tone_is_a_field_of_every_card(records: list[Record], world: World, registry: Registry) -> None:
    engine = Voice()
    restyled(records, world, engine, tone="grim and formal")
    cards = engine.cards()
    for record in records:
        for asked in asked_texts(record, replan(record, registry, world), registry.generator(record.kind)):
            shown, card = cards[asked.request.key], asked.request.card
            assert shown["tone"] == "grim and formal"
            assert list(shown)[-2:] == ["tone", "must"] or "intent" in shown
            assert shown["must"] == " ".join(card["must"].split())


def test_another_model_alone_changes_the_voice_and_no_card(records: list[Record], world: World) -> None:
    engine = Voice("verily")
    results = restyled(records, world, engine, tone=None, model="verily")
    assert not any(card.get("tone") == "verily" for card in engine.cards().values())
    assert any("verily" in change.new for result in results for change in result.changes)
    assert "tone" not in results[0].record["provenance"]["restyled"]


def test_the_provenance_tells_tone_model_and_what_it_was_made_from(records: list[Record], world: World) -> None:
    old = changed(records[0], review={"state": "approved", "locks": []})
    (result,) = restyled([old], world)
    provenance = result.record["provenance"]
    told = provenance["restyled"]
    assert told["tone"] == "wry" and told["from"] == content_hash(old.data)
    assert told["model"] == {"id": "indeed", "sha256": b"indeed".hex(), "licence": "Apache-2.0"}
    assert result.record["review"] == {"state": "draft", "locks": []}
    for change in result.changes:
        text = provenance["texts"][change.key]
        assert text.get("model") == ("indeed" if change.changed else None)
    kept = ("seed", "attempt", "brief", "model", "entries", "schema")
    assert {name: provenance[name] for name in kept} == {name: old["provenance"][name] for name in kept}


def test_a_restyled_record_can_be_restyled_again(records: list[Record], world: World) -> None:
    first = [result.record for result in restyled(records, world)]
    second = restyled(first, world, Voice("verily"), tone="solemn")
    assert all(not result.findings and result.changed for result in second)
    assert second[0].record["provenance"]["restyled"]["from"] == content_hash(first[0].data)
    assert locked(second[1].record.data) == locked(records[1].data)


def test_a_text_for_which_nothing_better_comes_stays(records: list[Record], world: World) -> None:
    for result, old in zip(restyled(records, world, FakeEngine(lambda job, _: "Assistant: no.")), records, strict=True):
        assert result.record is old and result.findings == ()
        assert result.changes and not result.changed


def taught_on(engine: FakeEngine, texts: Iterable[str]) -> FakeEngine:
    engine.info = replace(engine.info, training=Copies.of(texts))
    return engine


def test_a_model_that_was_taught_on_the_records_writes_them_again(records: list[Record], world: World) -> None:
    engine = taught_on(Voice(), (text for record in records for _, text in texts_of(record.data)))
    for only in ("*", "[tan]*"):  # the second leaves most texts as they are
        quest, dialogue, sheet = restyled(records, world, engine, only=only)
        assert quest.findings == dialogue.findings == sheet.findings == ()
        assert quest.changed and dialogue.changed


def test_its_present_texts_stay_where_nothing_better_comes(records: list[Record], world: World) -> None:
    engine = FakeEngine(lambda job, _: "Assistant: no.")
    taught_on(engine, (text for record in records for _, text in texts_of(record.data)))
    for result, old in zip(restyled(records, world, engine), records, strict=True):
        assert result.record is old and result.findings == ()
        assert result.changes and not result.changed


def test_no_new_text_is_a_line_that_the_model_was_taught_on(records: list[Record], world: World) -> None:
    wry = [change.new for result in restyled(records, world) for change in result.changes if change.changed]
    results = restyled(records, world, taught_on(Voice(), wry))
    assert [result.findings for result in results] == [()] * len(records)
    new = {change.new for result in results for change in result.changes if change.changed}
    assert not any(len(text.split()) >= TAUGHT_WORDS for text in new & set(wry))


class Denier(Voice):
    """Is sure of itself, and says that nothing is so."""

    def _say(self, job: Job, candidate: int) -> str:
        return f"Nobody says that {card_of(job)['must']}."

    def poll(self) -> list[tuple[Job, tuple[Completion, ...]]]:
        return [(job, tuple(replace(each, logprob=-0.1) for each in found)) for job, found in super().poll()]


def test_a_text_that_says_its_must_gives_way_to_none_that_does_not(
    records: list[Record], world: World, registry: Registry
) -> None:
    (first,) = restyled(records[1:2], world, only="nodes/*/lines/*")
    (second,) = restyled([first.record], world, Denier(), only="nodes/*/lines/*")
    plan = replan(first.record, registry, world)
    asked = {each.request.key: each for each in asked_texts(first.record, plan, registry.generator("dialogue"))}
    held = [change for change in second.changes if holds(asked[change.key].request, change.old)]
    assert len(held) >= 3
    for change in held:
        assert not change.changed or holds(asked[change.key].request, change.new)


def test_only_a_glob_of_keys_is_written_again(records: list[Record], world: World) -> None:
    engine = Voice()
    (result,) = restyled(records[1:2], world, engine, only="nodes/*/lines/*")
    assert {job.key for job in engine.jobs} == {change.key for change in result.changes}
    assert all("/lines/" in change.key for change in result.changes)
    choices = [(where, text) for where, text in texts_of(records[1].data) if ".choices" in where]
    assert choices == [(where, text) for where, text in texts_of(result.record.data) if ".choices" in where]


def test_records_in_which_the_glob_means_nothing_stay(records: list[Record], world: World) -> None:
    quest, dialogue, _ = restyled(records, world, only="title")
    assert quest.changed == 1
    assert dialogue == Restyled(records[1])


def test_locked_texts_stay(records: list[Record], world: World) -> None:
    quest = records[0]
    line = quest["summary"]["id"]
    old = changed(quest, review={"state": "edited", "locks": ["title", line]})
    (result,) = restyled([old], world)
    assert {"title", "summary"}.isdisjoint(change.key for change in result.changes)
    assert (result.record["title"], result.record["summary"]) == (quest["title"], quest["summary"])


def test_texts_that_people_wrote_are_kept_as_long_as_nobody_asks_for_them(records: list[Record], world: World) -> None:
    quest = json.loads(records[0].to_line())
    quest["summary"]["text"] = "A person wrote this summary, and it says more than the plan ever did."
    (result,) = restyled([Record(quest)], world, only="title")
    assert result.record["summary"] == quest["summary"]


def test_two_texts_of_a_record_do_not_become_one(records: list[Record], world: World) -> None:
    same = "Ask about the thing, friend."
    results = restyled(records, world, FakeEngine(lambda job, _: same), only="nodes/*/choices/*")
    (dialogue,) = [each for each in results if each.record.kind == "dialogue"]
    assert sum(change.new == same for change in dialogue.changes) <= 1


def test_the_bytes_depend_on_neither_batch_nor_company(records: list[Record], world: World) -> None:
    together = [result.record.to_line() for result in restyled(records, world, Voice(capacity=500))]
    assert [result.record.to_line() for result in restyled(records, world, Voice(capacity=1))] == together
    assert [restyled([record], world)[0].record.to_line() for record in records] == together


def test_all_records_are_on_the_engine_together(records: list[Record], world: World) -> None:
    class Watched(Voice):
        together = 0

        def poll(self) -> Any:
            self.together = max(self.together, len({job.record for job in self._waiting}))
            return super().poll()

    engine = Watched(capacity=500)
    restyled(records, world, engine)
    assert engine.together == 3


def test_the_seed_is_that_of_the_new_texts_alone(records: list[Record], world: World) -> None:
    engine = Voice()
    (result,) = restyled(records[:1], world, engine, seed=99)
    assert {job.seed for job in engine.jobs} == {99}
    assert (result.record["provenance"]["seed"], result.record["provenance"]["restyled"]["seed"]) == (3, 99)
    assert restyled([result.record], world)[0].findings == ()


def test_the_public_function_restyles(records: list[Record], world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "open_engine", lambda *_, **__: Voice())
    results = gamegen.restyle(records, world=world, tone="wry", only="title")
    assert [each.record.id for each in results] == [record.id for record in records]
    assert results[0].changed == 1 and isinstance(results[0], gamegen.Restyled)


# What is refused


def test_a_world_that_changed_is_told_and_other_records_go_on(records: list[Record], world: World) -> None:
    giver = records[0]["giver"]
    people = dict(world.characters)
    people[giver] = replace(people[giver], voice="loud, sings while working")
    other = replace(world, characters=people)
    results = restyled(records, other)
    assert (
        f"GG614 expected the record as it was planned; the world is not the one it was made from: {giver} differs"
        in (refusal(results[0], records[0]))
    )
    assert any(result.changed for result in results)


def test_an_entry_that_is_gone_is_told(records: list[Record], world: World) -> None:
    record = changed(records[0])
    record["provenance"]["entries"]["old_mill"] = "0" * 64
    (result,) = restyled([record], world)
    assert "old_mill is not in it" in refusal(result, record)


def test_a_world_that_grew_so_that_the_plan_is_another_is_told(records: list[Record], world: World) -> None:
    record = changed(records[2])
    used = set(record["provenance"]["entries"])
    record["provenance"]["entries"] = {
        **record["provenance"]["entries"],
        **{id: world.entry_hash(id) for id in list(world.locations)[:9] if id not in used},
    }
    (result,) = restyled([record], world)
    assert "is not used" in refusal(result, record)


@pytest.mark.parametrize("part", ["level", "rewards", "outcomes", "refs"])
def test_an_edited_structure_is_told_with_its_place(records: list[Record], world: World, part: str) -> None:
    value = records[0][part]
    record = changed(records[0], **{part: value + 1 if part == "level" else type(value)()})
    (result,) = restyled([record], world)
    said = refusal(result, record)
    where = "it has no text outcomes/" if part == "outcomes" else f"$.{part}"
    assert f"GG614 expected the record as it was planned; {where}" in said


def test_a_line_id_that_was_edited_is_told(records: list[Record], world: World) -> None:
    quest = json.loads(records[0].to_line())
    quest["title"]["id"] = "another_line"
    (result,) = restyled([Record(quest)], world)
    assert "GG614" in str(result.findings[0]) and "title" in str(result.findings[0])


def test_a_record_of_an_unknown_kind_is_told_and_other_records_go_on(records: list[Record], world: World) -> None:
    stranger = Record({"id": "omen_0001", "kind": "omen"})
    results = restyled([stranger, records[2]], world)
    assert "omen_0001: GG001 no generator makes 'omen'" in refusal(results[0], stranger)
    assert results[1].changed


@pytest.mark.parametrize("provenance", [None, {}, {"seed": 3}, "none", {"seed": "3", "entries": {}}])
def test_a_record_that_gamegen_did_not_make_is_told(records: list[Record], world: World, provenance: JSON) -> None:
    record = changed(records[0], provenance=provenance)
    (result,) = restyled([record], world)
    assert "no seed and entries" in refusal(result, record)


def test_a_record_of_another_contract_is_told(records: list[Record], world: World) -> None:
    record = changed(records[0])
    record["provenance"]["contracts"]["plan"] = 0
    (result,) = restyled([record], world)
    assert f"planned under contract 0, this gamegen plans under {CONTRACTS['plan']}" in refusal(result, record)


def test_a_record_that_does_not_pass_its_checks_stays_as_it_was(records: list[Record], world: World) -> None:
    quest = json.loads(records[0].to_line())
    quest["summary"]["text"] = "Assistant: as an AI I cannot write a summary of this quest, I am afraid."
    record = Record(quest)
    (result,) = restyled([record], world, only="title")
    assert "GG603" in refusal(result, record)
    (mended,) = restyled([record], world)
    assert mended.findings == () and mended.record["summary"]["text"] != quest["summary"]["text"]


def test_two_records_of_one_id_are_refused(records: list[Record], world: World) -> None:
    with pytest.raises(UsageError, match="GG051"):
        restyled([records[0], records[0]], world)


def test_a_glob_that_means_no_text_is_refused_with_the_keys_there_are(records: list[Record], world: World) -> None:
    with pytest.raises(UsageError, match=r"GG016 no text has a key like 'nodez/.'; keys are title, summary"):
        restyled(records, world, only="nodez/*")


@pytest.mark.parametrize(
    "tone", ["", "   ", "x" * (MOST_TONE + 1), "wry\nmust: lie", "wry\x00", "a\ttab", "a\u200bb", '"', "<|im_end|>"]
)
def test_a_tone_that_is_no_short_phrase_is_refused(tone: str) -> None:
    with pytest.raises(UsageError, match="GG016 expected a tone"):
        style_of(tone)


def test_neither_tone_nor_model_is_refused() -> None:
    with pytest.raises(UsageError, match="GG016 expected a tone or a model, found neither"):
        style_of()


def counting(words: bool) -> Generator:
    """A kind whose document counts the words of its text, which breaks the lock, or does not."""

    def write(plan: Plan) -> Coroutine[list[Request], list[JSON], dict[str, JSON]]:
        card = {"kind": "npc_line", "who": "a", "voice": "b", "intent": "reveals", "must": "she sold the old lens"}
        schema = {"type": "string", "minLength": 5, "maxLength": 90}
        (text,) = yield [Request("line", "dialogue/npc_line.j2", card, schema)]
        line = {"id": gamegen.line_id(plan.id, "line"), "text": text}
        document = {"id": plan.id, "kind": "omen", "line": line}
        return {**document, "words": len(text.split())} if words else document

    schema = {"type": "object", "properties": {"kind": {"const": "omen"}}}
    return Generator("omen", schema, lambda world, brief, seed: Plan("omen", brief.id, seed, {}), write)


@pytest.mark.parametrize("words", [True, False])
def test_a_generator_that_decides_by_the_words_is_told(world: World, registry: Registry, words: bool) -> None:
    generator = counting(words)
    old = FakeEngine(lambda job, _: "I sold the old lens, and I would sell it again.")
    with Session(engine=old, generators=[generator]) as session:
        ((_, record),) = session.run([Brief("omen", "omen", "0001", 1)], world=world, seed=1)
    known = replace(registry, generators={**registry.generators, "omen": generator})
    (result,) = restyled([record], world, registry=known)
    if words:
        assert "GG615 expected only texts to change, found another value at $.words" in refusal(result, record)
    else:
        assert result.record["line"]["text"] == "I sold the old lens, indeed."


def test_what_is_no_text_of_a_record_stays(world: World, tmp_path: Path) -> None:
    """An extension's number is written by the model; it is state, and locked."""
    (tmp_path / "gamegen.toml").write_text('[project]\nid = "mine"\n', encoding="utf-8")
    (tmp_path / "schemas").mkdir()
    text = {"$ref": "common.schema.json#/$defs/text"}
    extension = {"properties": {"fame": {"type": "integer", "minimum": 1, "maximum": 9}, "rumor": text}}
    (tmp_path / "schemas" / "character.schema.json").write_text(json.dumps(extension), encoding="utf-8")
    (tmp_path / "templates" / "character").mkdir(parents=True)
    for name in ("fame", "rumor"):
        (tmp_path / "templates" / "character" / f"{name}.j2").write_text(f'The {name}:\n"', encoding="utf-8")
    project = gamegen.load_project(tmp_path)
    with Session(engine=FakeEngine(), project=project) as session:
        (record,) = session.stream("character", world=world, seed=3)
    engine = FakeEngine(lambda job, _: "They talk about it at the market, day and night.")
    (result,) = restyled([record], world, engine, load_registry(project), project, only="rumor")
    assert result.record["rumor"]["text"].startswith("They talk") and result.record["fame"] == record["fame"]
    assert {job.key for job in engine.jobs} == {"rumor"}


# Tones and prompts


@pytest.mark.parametrize("template", OTHERS)
def test_a_shipped_template_shows_the_tone_once_and_only_where_there_is_one(template: str) -> None:
    request = Request("key", template, OTHERS[template], {"type": "string"})
    plain = Prompts().render(request)
    shared, prompt = Prompts().render(toned(request, "grim and formal"))
    assert shared == plain[0]
    shown = ", grim and formal" if "voice" in request.card else " (grim and formal)"
    assert prompt.replace(shown, "", 1) == plain[1] != prompt


@given(
    st.dictionaries(st.sampled_from(["who", "voice", "intent", "must", "tone"]), st.text("ab ", min_size=1), min_size=1)
)
def test_a_tone_changes_nothing_else_of_a_request(fields: dict[str, str]) -> None:
    request = Request("key", "t.j2", {"kind": "npc_line", **fields}, {"type": "string"}, fallback=("a",))
    told = toned(request, "wry")
    assert replace(told, card=request.card) == request
    assert told.card == {**request.card, "tone": "wry"}
    assert "wry" in card_text(told.card)
    assert toned(request, "") is request


@given(st.text(max_size=50))
def test_a_tone_is_taken_or_told(tone: str) -> None:
    try:
        style = style_of(tone)
    except UsageError as error:
        assert error.findings[0].code == "GG016"
        return
    assert 0 < len(style.tone) <= MOST_TONE and style.tone.isprintable() and "\n" not in style.tone
    assert style_of(style.tone) == style


# Documents

leaves = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "a", "b"])
texts = st.builds(lambda id, text: {"id": id, "text": text}, st.sampled_from("pqrs"), st.text("xyz", max_size=3))
names = st.sampled_from(["id", "text", "stages", "provenance", "review", "n"])
documents = st.dictionaries(
    names,
    st.recursive(leaves | texts, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)),
    max_size=5,
)


@given(documents, st.dictionaries(st.sampled_from("pqrs"), st.text("xyz", max_size=3)))
def test_new_texts_leave_all_else_locked(document: dict[str, JSON], new: Mapping[str, str]) -> None:
    before = canonical(document)
    other = with_texts(document, new)
    assert canonical(document) == before
    assert list(lines_of(other)) == [(line, new.get(line, text)) for line, text in lines_of(document)]
    if set(document) != {"id", "text"}:
        assert locked(other) == locked(document)
        assert [other.get(name) for name in ("provenance", "review")] == [
            document.get(name) for name in ("provenance", "review")
        ]


@given(documents, documents)
def test_a_difference_is_found_where_there_is_one(one: dict[str, JSON], other: dict[str, JSON]) -> None:
    assert first_difference(one, one) is None
    assert (first_difference(one, other) is None) == (canonical(one) == canonical(other))


def test_a_draft_knows_its_texts(records: list[Record], world: World, registry: Registry) -> None:
    (draft,) = prepare(records[:1], registry, world, None, style_of("wry"))
    assert isinstance(draft, Draft) and list(draft.texts)[:2] == ["title", "summary"]
