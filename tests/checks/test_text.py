"""The text checks: each rule with good and bad texts, and the corpus as the measure of false alarms."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given, strategies as st

from gamegen.checks import text_rules as rules
from gamegen.checks.names import foreign, known_tokens
from gamegen.checks.text import CHECKS, card_kind, text_findings, texts_of
from gamegen.examples import shipped
from gamegen.hookspecs import CheckContext
from gamegen.ratings import unrated
from gamegen.records import Finding, TextContext
from gamegen.world import Character, World

CARD = {"kind": "npc_line", "who": "Mira Voss, blacksmith", "voice": "gruff", "intent": "reveals", "must": "it rains"}
SCHEMA = {"type": "string", "minLength": 10, "maxLength": 120}
CONTEXT = TextContext(
    rating="everyone", avoid=("okay", "guys"), names=("Mira Voss", "the Great Lens"), lines=("Iron never lies to me.",)
)

INVENTED = {
    "Pruitt", "Butter", "Alder", "Jackie", "Tanner", "Row", "Rossi's", "Crown", "Hill", "Coldwater", "Flat", "Tannhill",
    "Port", "Amity", "Finch", "Kettle", "Station", "Ketu's", "Ondine",
}  # fmt: skip
"""Names that lines of the corpus bring and their cards do not have: the check is right about these."""


def codes(text: str, **rest: Any) -> set[str]:
    card = rest.pop("card", CARD)
    return {finding.code for finding in text_findings(text, card, SCHEMA, CONTEXT, **rest)}


@pytest.mark.parametrize(
    "text",
    [
        "It has rained since Tuesday, and I'm tired of it.",
        "Ask Mira about the lens… she’ll tell you more!",
        "Do you hear that, Captain? It’s the rain on the roof.",
        "‘It rains,’ they say. I say it pours.",
    ],
)
def test_a_good_text_has_no_finding(text: str) -> None:
    assert codes(text) == set()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("It rains on us\nall day long.", "GG601"),
        ("It rains on us\u200ball day long.", "GG601"),
        (" It rains on us all day long.", "GG601"),
        ("It rains  on us all day long.", "GG601"),
        ("The cafe\u0301 is wet, it rains again.", "GG601"),
        ("It rains on {player} all day long.", "GG602"),
        ("It rains on us all day} long.", "GG602"),
        ("Must say: it rains all day long.", "GG603"),
        ("Mira Voss, blacksmith (gruff): it rains today.", "GG603"),
        ("User: it rains on us all day long.", "GG603"),
        ("It rains on **all** of us today.", "GG603"),
        ("It rains &amp; pours on us all day.", "GG603"),
        ("It rains <|im_end|> on us all day.", "GG603"),
        ("It rains on the player all day long.", "GG603"),
        ('It rains, "he" said to all of us.', "GG603"),
        ("12 34 56 78 910.", "GG603"),
        ("It rains all.", "GG604"),
        ("It rains " + "and pours " * 30 + "on us.", "GG604"),
        ("It rains on us all day long", "GG605"),
        ("It rains on us all day and the.", "GG605"),
        ("It rains on us all day, OKAY?", "GG606"),
        ("It rains on us all damn day long.", "GG607"),
        ("Iron never lies to me!", "GG608"),
        ("Ask Gandolf about the rain on the roof.", "GG609"),
        ("Lily, it rains on us all day long.", "GG609"),
        ("It rains rains on us all day long.", "GG611"),
        ("It rains on the roof and it rains on the roof.", "GG611"),
    ],
)
def test_a_bad_text_has_its_finding(text: str, code: str) -> None:
    assert code in codes(text)


def test_a_line_of_the_corpus_is_a_copy() -> None:
    line = shipped()[0]["line"]
    assert "GG608" in codes(line, card={**CARD, **shipped()[0]})
    assert "GG608" in codes("Well, " + line[0].lower() + line[1:])


def test_a_placeholder_of_the_record_is_fine() -> None:
    assert "GG602" not in codes("It rains on {player} all {{day}} long.", placeholders=["player"])


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Bring the Great Lens to the forge.", True),
        ("Bring the great LENS’s frame to the forge.", True),
        ("Bring the lens to the forge.", False),
    ],
)
def test_a_text_names_what_stands_beside_it(text: str, named: bool) -> None:
    assert (rules.named(text, ["the Great Lens"]) == []) is named


@pytest.mark.parametrize(("kind", "text", "good"), [
    ("quest_title", "The Lens Below", True),
    ("quest_title", "The Lens Below.", False),
    ("quest_title", "Who Took the Lens?", True),
    ("objective", "Go to the forge", False),
    ("noticeboard", "no stop needed here", True),
])  # fmt: skip
def test_a_kind_ends_as_it_ends(kind: str, text: str, good: bool) -> None:
    assert (rules.ending(text, kind) == []) is good


def test_hand_written_texts_may_be_longer() -> None:
    text = " ".join(["rain"] * 30) + "."
    assert rules.length(text, "npc_line") != []
    assert rules.length(text, "npc_line", lenient=True) == []


def test_words_are_not_counted_in_other_languages() -> None:
    assert rules.length("雨。", "npc_line", language="ja") == []


@pytest.mark.parametrize("rating", ["everyone", "teen", "mature"])
def test_a_higher_rating_allows_more(rating: str) -> None:
    expected = {"everyone": 1, "teen": 0, "mature": 0}[rating]
    assert len(rules.rated("What the hell is this?", rating, unrated(rating))) == expected


PARALLEL = (
    "Half a day's work pays for a bed, a whole day's work pays for a blanket too.",
    "Joram Sile is the one to ask about the bitter spring, and Makena Wairu, the well warden, is the one to tell.",
)
"""Hand-written lines that say the same words twice on purpose; of a small model it is a fault."""


def test_the_corpus_has_no_finding_but_foreign_names() -> None:
    found = [
        (finding, example["line"])
        for example in shipped()
        for finding in (
            *rules.profile(example["line"]),
            *rules.echo(example["line"]),
            *rules.length(example["line"], example["kind"]),
            *rules.ending(example["line"], example["kind"]),
            *rules.rated(example["line"], "teen", unrated("teen")),
            *(rules.repeated(example["line"]) if example["line"] not in PARALLEL else ()),
        )
    ]
    assert found == []
    assert all(rules.repeated(line) for line in PARALLEL), "no line is left out for nothing"


def test_foreign_names_in_the_corpus_are_really_foreign() -> None:
    wrong = []
    for example in shipped():
        if example["kind"] == "quest_title":
            continue
        known = known_tokens(value for name, value in example.items() if name != "line")
        flagged = [finding.message.split("found ")[1].strip("'\"") for finding in foreign(example["line"], known)]
        wrong += [example["line"]] if set(flagged) - INVENTED else []
    assert len(wrong) / len(shipped()) < 0.01


def test_a_name_is_known_in_any_form() -> None:
    known = known_tokens(["Mira Voss", "the Combs", "reef wyrm"])
    assert foreign("We met Voss’s Reef Wyrms near the Comb, and MIRA.", known) == []


def test_a_capital_after_a_stop_is_no_name() -> None:
    assert foreign("Rain. Wind… Fog! ‘Hail,’ said I: Snow next.", frozenset()) == []


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=40))
def test_the_profile_accepts_what_it_describes_and_nothing_else(text: str) -> None:
    clean = " ".join(unicodedata.normalize("NFC", text).split())
    forbidden = {"Cc", "Cf", "Co", "Cn", "Zl", "Zp"}
    bad = [c for c in clean if unicodedata.category(c) in forbidden and c not in "\u200c\u200d"]
    escaped = clean.replace("{", "{{").replace("}", "}}")
    normal = unicodedata.normalize("NFC", escaped) == escaped
    assert (rules.profile(escaped) == []) is (bool(clean) and not bad and normal)


@given(st.text(max_size=60))
def test_no_text_breaks_a_rule_itself(text: str) -> None:
    for finding in text_findings(text, CARD, SCHEMA, CONTEXT, names=["the Great Lens"]):
        assert isinstance(finding, Finding)
        assert finding.hint


def quest(**texts: str) -> dict[str, Any]:
    line = {name: {"id": "q_1", "text": text} for name, text in texts.items()}
    return {
        "id": "q",
        "kind": "quest",
        "refs": [{"id": "lens", "type": "item", "name": "the Great Lens"}],
        "title": line.get("title", {"id": "q_0", "text": "The Lens Below"}),
        "stages": [
            {
                "id": "one",
                "objectives": [
                    {"target": "lens", "text": line.get("objective", {"id": "q_2", "text": "Find the Great Lens now."})}
                ],
            }
        ],
        "provenance": {"texts": {"id": "x", "text": "never a text"}},
    }


def record_codes(record: dict[str, Any], world: World | None = None) -> list[tuple[str, str]]:
    context = CheckContext(world, world.text_context() if world else None)
    return [
        (finding.code, finding.where)
        for check in CHECKS
        if (not check.kinds or record["kind"] in check.kinds) and (world is not None or not check.needs_world)
        for finding in check.run(record, context)
    ]


def test_texts_are_found_with_their_places() -> None:
    assert [where for where, _ in texts_of(quest())] == ["$.title", "$.stages[0].objectives[0].text"]
    assert card_kind("quest", "$.stages[0].objectives[0].text") == "objective"
    assert card_kind("noticeboard", "$.title") == ""


def test_a_good_record_has_no_finding() -> None:
    assert record_codes(quest()) == []


def test_an_objective_that_does_not_name_its_target_is_told_with_its_place() -> None:
    found = record_codes(quest(objective="Find something shiny now."))
    assert found == [("GG610", "$.stages[0].objectives[0].text.text")]


def test_a_copy_in_a_record_is_told() -> None:
    assert ("GG608", "$.title.text") in record_codes(quest(title="Fresh Ink on a Dead Man's Will"))


def test_a_foreign_name_in_a_record_is_told_when_a_world_is_there() -> None:
    mira = Character("mira_voss", "Mira Voss", "blacksmith")
    world = World("saltmarrow", "Saltmarrow", "Fog.", characters={"mira_voss": mira})
    record = quest(objective="Ask Gandolf for the Great Lens.")
    assert record_codes(record) == []
    assert record_codes(record, world) == [("GG609", "$.stages[0].objectives[0].text.text")]


def test_the_worlds_words_to_avoid_hold_for_records() -> None:
    world = World("saltmarrow", "Saltmarrow", "Fog.", avoid=("shiny",))
    assert ("GG606", "$.title.text") in record_codes(quest(title="A Shiny Lens"), world)
