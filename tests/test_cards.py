"""Cards: what a tuned model is shown, and when it is asked by its card instead of a template."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from gamegen.cards import CHATML, FIELDS, CardForm, card_prompt, card_text, fields_of
from gamegen.engine.api import EngineInfo
from gamegen.plugins import load_registry
from gamegen.prompts import Prompts
from gamegen.records import Request
from gamegen.session import Session
from gamegen.testing import FakeEngine
from gamegen.writing import CARD_CANDIDATES, CARD_SAMPLING
from tests.worlds import small_world

FORM = replace(CHATML, kinds=tuple(FIELDS))
CARD: dict[str, Any] = {"kind": "npc_line", "who": "Mira Voss, blacksmith", "intent": "warns", "must": "she is late"}


def request(card: dict[str, Any] = CARD, **rest: Any) -> Request:
    return Request("key", "dialogue/npc_line.j2", card, rest.pop("schema", {"type": "string"}), **rest)


def test_a_card_shows_its_declared_fields_in_their_order() -> None:
    card = {"must": "she is late", "mood": "unasked", "intent": "warns", "who": "Mira Voss", "kind": "npc_line"}
    assert card_text(card) == "npc_line\nwho: Mira Voss\nintent: warns\nmust: she is late"


def test_a_card_is_the_whole_prompt() -> None:
    prompts = Prompts(form=FORM)
    assert prompts.render(request()) == ("", card_prompt(CARD, FORM))
    assert prompts.render(request())[1].endswith('<|im_start|>assistant\n"')


@given(st.dictionaries(st.sampled_from(["who", "voice", "intent", "must"]), st.text(max_size=40)))
def test_each_field_stands_on_one_line(values: dict[str, str]) -> None:
    lines = card_text({"kind": "npc_line", **values}).split("\n")
    shown = [name for name in FIELDS["npc_line"] if values.get(name, "").split()]
    assert [line.partition(":")[0] for line in lines] == ["npc_line", *shown]


def test_a_model_without_cards_is_asked_with_templates() -> None:
    assert not Prompts().shows_card(request())
    assert not Prompts(form=CardForm("", '"', ("journal",))).shows_card(request())


def test_a_document_is_asked_for_with_its_template() -> None:
    assert not Prompts(form=FORM).shows_card(request(schema={"type": "object", "properties": {}}))


def test_a_kind_that_no_generator_declares_is_asked_for_with_its_template() -> None:
    assert not Prompts(form=FORM, cards=fields_of("journal")).shows_card(request())


def test_a_projects_own_template_wins_over_the_card(tmp_path: Path) -> None:
    (tmp_path / "dialogue").mkdir()
    (tmp_path / "dialogue" / "npc_line.j2").write_text('Say: "', encoding="utf-8")
    prompts = Prompts([tmp_path], form=FORM)
    assert prompts.render(request()) == ("", 'Say: "')
    assert prompts.source(request())[0] == "dialogue/npc_line.j2"


def test_provenance_names_the_card_and_its_form() -> None:
    name, sha256 = Prompts(form=FORM).source(request())
    assert (name, len(sha256)) == ("card/npc_line", 64)
    assert Prompts(form=replace(FORM, before="User: ")).source(request())[1] != sha256
    assert {"card/npc_line", "dialogue/npc_line.j2"} <= Prompts(form=FORM).sources("dialogue").keys()


def test_every_request_of_the_shipped_generators_has_a_declared_card() -> None:
    registry = load_registry()
    world = small_world()
    for kind in ("quest", "dialogue", "character"):
        engine = FakeEngine()
        engine.info = EngineInfo("fake", "0" * 64, "none", 0, card_form=FORM)
        with Session(engine=engine) as session:
            list(session.stream(kind, world=world, count=2, seed=3))
        assert engine.jobs and all(job.prompt.startswith(CHATML.before) for job in engine.jobs)
        assert all((job.candidates, job.sampling) == (CARD_CANDIDATES, CARD_SAMPLING) for job in engine.jobs)
        assert registry.generator(kind).cards


def test_a_records_provenance_tells_of_its_cards() -> None:
    engine = FakeEngine()
    engine.info = EngineInfo("fake", "0" * 64, "none", 0, card_form=FORM)
    with Session(engine=engine) as session:
        (record,) = session.stream("character", world=small_world(), count=1, seed=1)
    assert list(record["provenance"]["templates"]) == ["card/trait"]


@pytest.mark.parametrize("fields", [("who",), "must", ("must", "Who")])
def test_a_plugins_card_without_a_must_is_refused(fields: Any) -> None:
    import pluggy

    from gamegen import hookspecs, plugins
    from gamegen.errors import PluginFault

    base = load_registry().generator("character")

    class Plugin:
        @hookspecs.hookimpl
        def gamegen_generators(self) -> Any:
            return [replace(base, cards={"trait": fields})]

    manager = pluggy.PluginManager("gamegen")
    manager.add_hookspecs(hookspecs)
    manager.register(Plugin(), name="odd")
    with pytest.raises(PluginFault, match="its card 'trait' must list"):
        plugins.collect(manager)


def test_the_registry_knows_every_card() -> None:
    assert load_registry().cards == dict(FIELDS)
