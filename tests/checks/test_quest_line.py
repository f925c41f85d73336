"""GG418: prerequisites on quests of the same content."""

from __future__ import annotations

from gamegen.checks.quest_line import check_lines
from gamegen.records import JSON
from tests.checks.test_quest import flag, quest

Record = dict[str, JSON]


def named(id: str, *prerequisites: JSON) -> Record:
    record = quest()
    record["id"] = id
    own = next(ref for ref in record["refs"] if ref["type"] == "quest")
    own |= {"id": id, "name": id}
    record["prerequisites"] = list(prerequisites)
    record["refs"] += [
        {"id": other, "type": "quest", "name": other, "value_type": "string", "initial": "inactive"}
        for other in dict.fromkeys(test["id"] for test in prerequisites if test.get("type") == "quest")
    ]
    return record


def after(id: str, state: str, op: str = "==") -> JSON:
    return {"type": "quest", "id": id, "op": op, "value": state}


def codes(*records: Record) -> list[tuple[str, str]]:
    return [(finding.code, finding.path) for finding in check_lines(records)]


def test_a_line_that_can_be_played_gives_no_finding() -> None:
    assert codes(named("one"), named("two", after("one", "kept")), named("three", after("two", "drowned"))) == []


def test_a_state_that_the_quest_does_not_have() -> None:
    assert codes(named("one"), named("two", after("one", "sunk"))) == [("GG418", "two")]


def test_a_state_that_no_play_reaches() -> None:
    one = named("one")
    one["fail_conditions"][0]["condition"] = flag("storm", False)
    one["prerequisites"] = [flag("storm", True)]
    one["stages"][2]["next"].pop()
    assert codes(one, named("two", after("one", "drowned"))) == [("GG418", "two")]


def test_two_quests_that_wait_for_each_other() -> None:
    assert codes(named("one", after("two", "kept")), named("two", after("one", "kept"))) == [
        ("GG418", "one"),
        ("GG418", "two"),
    ]


def test_what_waits_for_a_quest_that_cannot_begin_cannot_begin_either() -> None:
    records = named("one"), named("two", after("one", "sunk")), named("three", after("two", "kept"))
    assert codes(*records) == [("GG418", "two"), ("GG418", "three")]


def test_one_of_two_states_is_enough() -> None:
    either = {"any": [after("one", "sunk"), after("one", "kept")]}
    two = named("two")
    two["prerequisites"] = [either]
    two["refs"].append({"id": "one", "type": "quest", "name": "one", "value_type": "string", "initial": "inactive"})
    assert codes(named("one"), two) == []


def test_two_tests_that_only_exclude_each_other_are_reported_too() -> None:
    assert codes(named("one"), named("two", after("one", "kept"), after("one", "drowned"))) == [
        ("GG418", "two"),
        ("GG418", "two"),
    ]


def test_a_quest_that_is_not_in_the_content_may_have_any_state() -> None:
    assert codes(named("two", after("one", "kept"))) == []


def test_a_finding_says_where_and_what_is_waited_for() -> None:
    (finding,) = check_lines([named("one"), named("two", after("one", "kep"))])
    assert finding.where == "$.prerequisites[0]"
    assert "one == 'kep'" in finding.message
    assert finding.hint == 'did you mean "kept"?'
