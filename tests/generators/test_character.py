"""Character sheets: planned from the world, proven by the rules, complete under the schema."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gamegen._words import content_stems, words
from gamegen.briefs import briefs_for
from gamegen.checks.character import CHECKS
from gamegen.checks.references import CHECKS as REFERENCE_CHECKS
from gamegen.errors import UsageError
from gamegen.generators.character.generator import GENERATOR
from gamegen.generators.character.knowledge import own_secret
from gamegen.generators.character.people import NEW_PERSON
from gamegen.generators.character.relations import answers
from gamegen.generators.character.seeds import PRONOUNS, seeds
from gamegen.generators.character.srd import ABILITIES, CLASSES, RACES
from gamegen.generators.phrases import clause
from gamegen.hookspecs import CheckContext
from gamegen.records import Finding, Plan, canonical
from gamegen.schema import validate
from gamegen.world import Character, Fact, Relation, World
from gamegen.world_file import load_world
from tests.worlds import bare_world, small_world, table

SAMPLES = Path(__file__).parents[2] / "samples"
SALTMARROW = load_world(SAMPLES / "saltmarrow" / "world")
PERIHELION = load_world(SAMPLES / "perihelion" / "world")
WORLDS = pytest.mark.parametrize("world", [SALTMARROW, PERIHELION], ids=lambda world: world.id)


def sheet(seed: int = 1, count: int = 1, world: World = SALTMARROW, **settings: Any) -> dict[str, Any]:
    """The last of `count` sheets, with a plain sentence for every text."""
    brief = briefs_for(GENERATOR, "sheet", count, settings)[-1]
    coroutine = GENERATOR.write(GENERATOR.plan(world, brief, seed))
    requests = next(coroutine)
    try:
        coroutine.send([f"A plain sentence about {request.card['part']}." for request in requests])
    except StopIteration as stop:
        return dict(stop.value)
    raise AssertionError("a sheet asks once")


def findings(record: Mapping[str, Any], world: World = SALTMARROW) -> list[Finding]:
    context = CheckContext(world, world.text_context(), GENERATOR.schema)
    return [finding for check in (*CHECKS, *REFERENCE_CHECKS) for finding in check.run(record, context)]


@WORLDS
@pytest.mark.parametrize("seed", range(60))
def test_every_sheet_validates_and_passes_its_proofs(seed: int, world: World) -> None:
    record = sheet(seed, count=1 + seed % 40, world=world)
    assert validate(record, GENERATOR.schema) == []
    assert findings(record, world) == []


@pytest.mark.parametrize("level", [1, 5, 11, 20])
@pytest.mark.parametrize("race", sorted(RACES))
def test_every_race_and_class_passes_its_proofs(race: str, level: int) -> None:
    for class_ in CLASSES:
        record = sheet(3, race=race, level=level, **{"class": class_})
        assert validate(record, GENERATOR.schema) == []
        assert findings(record) == []


def test_a_batch_goes_through_the_world_once_and_then_makes_new_people() -> None:
    people = len(SALTMARROW.characters)
    sheets = [sheet(5, count=n) for n in range(1, people + 3)]
    assert {record.get("character") for record in sheets[:people]} == set(SALTMARROW.characters)
    assert [record.get("character") for record in sheets[people:]] == [None, None]
    taken = {person.name for person in SALTMARROW.characters.values()}
    assert all(record["name"] not in taken for record in sheets[people:])


def test_a_person_of_the_world_keeps_what_the_world_says() -> None:
    record, person = sheet(character="mira_voss"), SALTMARROW.characters["mira_voss"]
    assert (record["name"], record["role"], record["pronouns"]) == (person.name, person.role, person.pronouns)
    assert record["knows"] == list(person.knows)
    assert len(record["goals"]) == len(person.goals)


def test_a_world_of_one_person_is_enough() -> None:
    record = sheet(world=bare_world())
    assert validate(record, GENERATOR.schema) == []
    assert findings(record, bare_world()) == []


def test_a_new_person_can_be_given_a_name_without_a_culture() -> None:
    assert sheet(world=bare_world(), name="Ansa Reed", role="diver")["name"] == "Ansa Reed"


def test_the_same_inputs_give_the_same_plan() -> None:
    brief = briefs_for(GENERATOR, "sheet", 1, {})[0]
    first, second = (canonical(dict(GENERATOR.plan(SALTMARROW, brief, 9).data)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"character": "mira_vos"}, 'did you mean "mira_voss"'),
        ({"culture": "harbor"}, "has no culture"),
        ({"character": "mira_voss", "role": "diver"}, "role is for new people"),
        ({"level": 21}, "21 is greater than the maximum"),
        ({"class": "blacksmith"}, "is not one of"),
        ({"class": "figter"}, 'did you mean "fighter"'),
        ({"character": "mira_voss", "pronouns": "he"}, "character = mira_voss and pronouns = he exclude each other"),
        ({"character": "mira_voss", "location": "lighthouse"}, "its location is forge"),
        ({"name": "mira voss"}, "--set character=mira_voss"),
        ({"role": "diver", "faction": "lantern_gild"}, 'did you mean "lantern_guild"'),
        ({"role": "diver", "location": "lighthous"}, 'did you mean "lighthouse"'),
        ({"character": "mira_voss", "knows": ["island_is_alive"]}, "mira_voss does not know the fact island_is_alive"),
        ({"secret": "lens_was_sol"}, 'did you mean "lens_was_sold"'),
        ({"secret": "lighthouse_dark"}, "is no secret in this world"),
        (
            {"secret": "lens_was_sold", "knows": ["lighthouse_dark"]},
            "settings secret = lens_was_sold and knows exclude each other",
        ),
        ({"abilities": dict.fromkeys(ABILITIES, 2)}, "2 is less than the minimum of 3"),
        ({"abilities": {"strength": 12}}, "it lacks dexterity"),
        ({"tone": "x" * 41}, "too long"),
    ],
)
def test_impossible_settings_are_refused_with_the_reason(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        sheet(**settings)


def test_a_new_person_without_any_name_is_refused() -> None:
    with pytest.raises(UsageError, match="needs a name"):
        sheet(world=bare_world(), role="diver")


def planned(world: World = SALTMARROW, seed: int = 1, count: int = 1, **settings: Any) -> list[Plan]:
    return [GENERATOR.plan(world, brief, seed) for brief in briefs_for(GENERATOR, "sheet", count, settings)]


@pytest.mark.parametrize("seed", range(20))
def test_every_setting_of_a_new_person_is_honored(seed: int) -> None:
    scores = dict(zip(ABILITIES, (20, 3, 12, 9, 17, 8), strict=True))
    wanted: dict[str, Any] = {
        "name": "Ansa Reed", "pronouns": "they", "role": "lamp thief", "race": "gnome", "class": "wizard", "level": 9,
        "background": "exile", "faction": "salt_moot", "location": "salt_pans", "culture": "panfolk",
        "voice": "slow, wet", "abilities": scores, "knows": ["lens_was_sold", "lighthouse_dark"],
    }  # fmt: skip
    record = sheet(seed, secret="lens_was_sold", goal="She wants to steal the last lamp.", tone="grim", **wanted)
    assert {key: record[key] for key in wanted} == wanted
    assert findings(record) == []
    (plan,) = planned(
        seed=seed, secret="lens_was_sold", goal="She wants to steal the last lamp.", tone="grim", **wanted
    )
    assert plan.data["goals"] == ["wants to steal the last lamp"]
    assert plan.data["musts"]["secret"] == "knows that the harbor master sold the lighthouse lens to cover a debt"
    assert {request.card["tone"] for request in next(GENERATOR.write(plan))} == {"grim"}


def test_what_the_world_says_of_a_person_may_be_set_as_well() -> None:
    person = SALTMARROW.characters["mira_voss"]
    same = {key: getattr(person, key) for key in NEW_PERSON}
    assert sheet(character="mira_voss", **same)["name"] == "Mira Voss"


def test_a_tone_of_the_world_is_drawn_when_none_is_set() -> None:
    assert {plan.data["tone"] for plan in planned(count=20)} == set(SALTMARROW.tone)
    assert "tone" not in planned(bare_world())[0].data


def test_a_secret_that_is_set_finds_those_who_know_it() -> None:
    knowing = {person.id for person in SALTMARROW.characters.values() if "lens_was_sold" in person.knows}
    plans = planned(count=len(knowing) + 1, secret="lens_was_sold")
    assert {plan.data.get("character") for plan in plans[:-1]} == knowing
    assert "character" not in plans[-1].data and "lens_was_sold" in plans[-1].data["knows"]


@WORLDS
def test_new_people_of_a_batch_differ_in_name_and_role(world: World) -> None:
    new = [plan.data for plan in planned(world, count=80) if "character" not in plan.data]
    assert len({data["name"] for data in new}) == len(new)
    assert len({data["role"] for data in new}) == len(new)


def test_names_go_on_in_another_culture_until_all_are_taken() -> None:
    world = small_world()
    free = sum(len(each.given) * max(1, len(each.family)) for each in world.cultures.values())
    taken = sum(
        f"{given} {family}".strip() in {person.name for person in world.characters.values()}
        for each in world.cultures.values()
        for given in each.given
        for family in each.family or ("",)
    )
    with pytest.raises(UsageError, match=f"{free - taken} names that nobody has"):
        planned(world, count=len(world.characters) + free + 1)


@WORLDS
@pytest.mark.parametrize("seed", range(6))
def test_half_a_lists_length_of_sheets_share_no_seed(world: World, seed: int) -> None:
    said: list[str] = []
    for plan in planned(world, seed, count=18):
        said += [must for must in plan.data["musts"].values() if not must.startswith("knows that ")]
        said += plan.data["goals"]
    assert len(set(said)) == len(said)


@WORLDS
@pytest.mark.parametrize("seed", range(6))
def test_a_lists_length_of_sheets_hardly_repeats_a_seed(world: World, seed: int) -> None:
    plans = planned(world, seed, count=36)
    said = [must for plan in plans for must in plan.data["musts"].values()]
    assert len(set(said)) >= 0.96 * len(said)


@WORLDS
@pytest.mark.parametrize("seed", range(6))
def test_no_two_seeds_of_a_sheet_are_about_one_thing(world: World, seed: int) -> None:
    for plan in planned(world, seed, count=40):
        given = {"secret"} if plan.data["musts"]["secret"] in secrets(world, plan) else set()
        seeded = [must for part, must in plan.data["musts"].items() if part not in given]
        known = [plan.data["musts"][part] for part in given] + plan.data["goals"]
        for place, must in enumerate(seeded):
            for other in [*known, *seeded[:place]]:
                assert set(content_stems(must)).isdisjoint(content_stems(other))


def secrets(world: World, plan: Plan) -> set[str]:
    """Every clause that a secret fact of the world makes on this sheet."""
    facts = [fact.text for fact in world.facts.values() if fact.secret]
    return {f"knows that {clause(text)}" for text in facts} | {
        str(own_secret(world, plan.data, text)) for text in facts
    }


def test_a_secret_about_the_person_comes_first_and_is_told_of_them() -> None:
    (plan,) = planned(PERIHELION, character="harun_petrossian")
    assert plan.data["musts"]["secret"] == "hides a hive of live bees under his umbrellas"


@pytest.mark.parametrize(("role", "group"), [("gate guard", "guard"), ("army surgeon", "healer"), ("smith", "smith")])
def test_traits_agree_with_the_role(role: str, group: str) -> None:
    own = {seed.text for part in seeds().roles[group].values() for seed in part}
    for seed in range(10):
        plan = planned(seed=seed, role=role, pronouns="they")[0]
        foreign = {
            each.text
            for other, parts in seeds().roles.items()
            if other != group
            for part in parts.values()
            for each in part
        }
        said = set(plan.data["musts"].values())
        assert said & own
        assert not said & foreign


def test_a_machine_has_no_hair() -> None:
    alone = {seed.text.format(**PRONOUNS["it"]) for seed in seeds().roles["machine"]["appearance"]}
    faction = {"wears", "has", "ties", "keeps", "dresses", "carries"}
    for plan in planned(PERIHELION, character="docket", count=12):
        must = plan.data["musts"]["appearance"]
        assert must in alone or (must.split()[0] in faction and any(name in must for name in PERIHELION_NAMES))


PERIHELION_NAMES = {entity.name for table in (PERIHELION.factions, PERIHELION.locations) for entity in table.values()}


def test_no_clause_asks_for_a_word_that_the_world_avoids() -> None:
    word = "door"
    world = replace(SALTMARROW, avoid=(*SALTMARROW.avoid, word))
    assert any(word in words(must) for plan in planned(count=40) for must in plan.data["musts"].values())
    assert not any(word in words(must) for plan in planned(world, count=40) for must in plan.data["musts"].values())


def test_most_new_people_are_human_where_the_world_names_no_race() -> None:
    races = [plan.data["race"] for plan in planned(count=200) if "character" not in plan.data]
    assert 0.55 < races.count("human") / len(races) < 0.85
    assert len(set(races)) == len(RACES)
    assert {plan.data["race"] for plan in planned(count=19)} == {"human"}


def test_a_tag_that_names_a_race_is_the_persons_race_and_weighs_new_ones() -> None:
    people = {
        id: replace(person, tags=("dwarf",) if place % 2 else ())
        for place, (id, person) in enumerate(SALTMARROW.characters.items())
    }
    plans = planned(replace(SALTMARROW, characters=people), count=80)
    of_world = {plan.data["character"]: plan.data["race"] for plan in plans if "character" in plan.data}
    assert of_world == {id: "dwarf" if person.tags else "human" for id, person in people.items()}
    assert {plan.data["race"] for plan in plans if "character" not in plan.data} == {"human", "dwarf"}


@WORLDS
def test_new_people_know_open_facts_about_what_is_near_them(world: World) -> None:
    for plan in planned(world, count=60):
        if "character" not in plan.data:
            assert plan.data["knows"]
            assert not any(world.facts[id].secret for id in plan.data["knows"])


def test_a_new_person_knows_of_their_own_place_first() -> None:
    about = {fact.id for fact in SALTMARROW.facts.values() if "lighthouse" in fact.about and not fact.secret}
    for plan in planned(count=10, role="diver", location="lighthouse"):
        assert about & set(plan.data["knows"])


def test_a_relation_that_only_the_other_side_tells_is_turned_around() -> None:
    world = replace(
        small_world(),
        characters=table(
            [
                Character(
                    "boss", "Ann Oak", "baker", relations=(Relation("hand", "employs"), Relation("child", "admires"))
                ),
                Character("hand", "Ben Elm", "miller"),
                Character("child", "Cy Ash", "tutor"),
            ]
        ),
    )
    assert sheet(world=world, character="hand")["relations"] == [{"to": "boss", "kind": "works_for"}]
    assert sheet(world=world, character="child")["relations"] == []


@WORLDS
def test_a_new_person_is_somebody_to_a_person_of_the_world_who_can_answer(world: World) -> None:
    for plan in planned(world, count=60):
        if "character" not in plan.data:
            assert plan.data["relations"]
            assert all(answers(relation["kind"]) for relation in plan.data["relations"])


def test_adding_a_person_leaves_the_other_sheets_as_they_were() -> None:
    more = {**SALTMARROW.characters, "zed": Character("zed", "Zed Oke", "baker")}
    before = {plan.data["character"]: plan.data["class"] for plan in planned(count=19)}
    after = [plan.data.get("character") for plan in planned(replace(SALTMARROW, characters=more), count=20)]
    assert [id for id in after if id != "zed"] == list(before)


def test_facts_that_no_world_has_are_no_secret() -> None:
    world = replace(bare_world(), facts=table([Fact("f", "The moor is wet.")]))
    assert sheet(world=world, count=1)["secret"]


def damaged(name: str) -> dict[str, Any]:
    record = deepcopy(sheet(2, character="mira_voss", level=5, **{"class": "fighter"}))
    if name == "modifier":
        record["modifiers"]["wisdom"] += 1
    elif name == "hit points":
        record["hit_points"] -= 1
    elif name == "armor class without its shield":
        record["equipment"] = [piece for piece in record["equipment"] if piece["id"] != "shield"]
    elif name == "save":
        record["saves"]["charisma"]["modifier"] = 9
    elif name == "skill":
        record["skills"]["stealth"]["modifier"] = 9
    elif name == "proficiency too many":
        bonus = record["proficiency_bonus"]
        for skill in ("arcana", "medicine", "religion"):
            value = record["skills"][skill]
            record["skills"][skill] = {
                "modifier": value["modifier"] + bonus * (not value["proficient"]),
                "proficient": True,
            }
    elif name == "class":
        record["class"] = "smith"
    elif name == "equipment twice":
        record["equipment"].append(record["equipment"][0])
    elif name == "fact not in refs":
        record["refs"] = [ref for ref in record["refs"] if ref["type"] != "fact"]
    elif name == "relation to nobody":
        record["relations"][0]["to"] = "nobody_at_all"
    elif name == "relation the other side denies":
        record["relations"][0]["kind"] = "lent_money"
    elif name == "relation the world tells otherwise":
        record["relations"][1]["kind"] = "cousin"
    elif name == "ref renamed":
        record["refs"][0]["name"] = "Someone Else"
    elif name == "ref of another type":
        record["refs"] = [{**ref, "type": "item"} if ref["id"] == "mira_voss" else ref for ref in record["refs"]]
    elif name == "ref twice":
        record["refs"].append(record["refs"][0])
    return record


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("modifier", "GG502"),
        ("hit points", "GG502"),
        ("armor class without its shield", "GG502"),
        ("save", "GG502"),
        ("skill", "GG502"),
        ("proficiency too many", "GG503"),
        ("class", "GG501"),
        ("equipment twice", "GG504"),
        ("fact not in refs", "GG201"),
        ("relation to nobody", "GG201"),
        ("ref renamed", "GG206"),
        ("ref of another type", "GG202"),
        ("ref twice", "GG203"),
        ("relation the other side denies", "GG505"),
        ("relation the world tells otherwise", "GG505"),
    ],
)
def test_a_damage_is_found_by_the_code_that_is_meant_for_it(name: str, code: str) -> None:
    assert code in {finding.code for finding in findings(damaged(name))}
