"""Validation of files: what is found, how far plays were followed, and nonsense that never becomes a traceback."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from gamegen.cli import run
from gamegen.validating import Report, validate_paths
from tests.check_pages import base
from tests.checks.test_dialogue import circle_without_a_way_out, count_both_ways_for_ever, gate_every_choice
from tests.dialogue_records import choice, forge, leaf, node
from tests.mutations.good import KINDS, records

ROOT = Path(__file__).parents[1]
WORLD = ROOT / "samples" / "saltmarrow" / "world"


def said() -> dict[str, Any]:
    """The small dialogue, with texts that pass the checks of texts."""
    record = forge()
    for each in record["nodes"]:
        for part in (*each["lines"], *(one["text"] for one in each.get("choices", ()))):
            part["text"] = f"Well, that is number {part['id'][-6:]} of many."
    return record


def written(folder: Path, *documents: Any) -> Path:
    file = folder / "some.jsonl"
    file.write_text("".join(f"{json.dumps(each)}\n" for each in documents), encoding="utf-8")
    return file


def report(folder: Path, *documents: Any, plays: bool = False) -> Report:
    return validate_paths([written(folder, *documents)], plays=plays)


def test_states_and_bound_are_reported(tmp_path: Path) -> None:
    found = report(tmp_path, said())
    (proof,) = found.proofs
    assert proof.complete and 0 < proof.states < proof.bound
    assert f"{proof.states} of at most {proof.bound} in one record" in found.summary
    assert found.as_json()["proofs"][0]["states"] == proof.states


@pytest.mark.parametrize(("damage", "code"), [(gate_every_choice, "GG302"), (circle_without_a_way_out, "GG303")])
def test_a_finding_that_a_play_shows_comes_with_the_play(tmp_path: Path, damage: Any, code: str) -> None:
    record = said()
    damage(record)
    found = report(tmp_path, record)
    finding = next(each for each in found.findings if each.code == code)
    assert found.plays[finding][-1].startswith("[at ")
    told = next(each for each in found.as_json()["findings"] if each["code"] == code)
    assert told["play"] == list(found.plays[finding])


def test_past_the_bound_the_report_says_not_proven_and_the_command_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = said()
    count_both_ways_for_ever(record)
    assert run(["validate", str(written(tmp_path, record))]) == 1
    out, err = capsys.readouterr()
    assert "GG314 not proven" in out
    assert "1 not proven" in err


def test_plays_tell_each_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(written(tmp_path, said())), "--plays"]) == 0
    out = capsys.readouterr().out
    assert "  end learned:\n    start with " in out
    assert "    end left: nothing\n" in out
    assert "proven over" in out


def test_plays_tell_each_outcome_of_a_quest(tmp_path: Path) -> None:
    _, quest = records("quest")[0]
    found = report(tmp_path, quest, plays=True)
    (proof,) = found.proofs
    successes = [each["id"] for each in quest["outcomes"] if each["status"] == "success"]
    assert {f"outcome {id}" for id in successes} <= set(proof.plays)
    assert proof.plays[f"outcome {successes[0]}"][-1].startswith(f"outcome {successes[0]} (success): ")


def test_without_plays_nothing_but_findings_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(written(tmp_path, said())), "--world", str(WORLD)]) == 1
    assert all(": GG" in line for line in capsys.readouterr().out.splitlines())


def test_a_prerequisite_that_no_play_of_another_quest_satisfies_is_found(tmp_path: Path) -> None:
    first, second = base("quest"), base("quest")
    assert first is not None and second is not None
    state = next(ref for ref in first["refs"] if ref["type"] == "quest")
    first["id"], second["refs"] = "quest_0000", [*second["refs"], {**state, "id": "quest_0000"}]
    state["id"] = "quest_0000"
    for value, codes in (("kept", []), ("too_late", ["GG418"])):
        if codes:
            first["fail_conditions"] = []
        second["prerequisites"] = [leaf("quest", "quest_0000", "==", value)]
        found = report(tmp_path, first, second)
        assert [finding.code for finding in found.errors if finding.code == "GG418"] == codes
    fault = next(finding for finding in found.errors if finding.code == "GG418")
    assert fault.path.endswith("some.jsonl#quest_0001")


def test_explain_prints_the_page_of_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "--explain", "GG302"]) == 0
    assert capsys.readouterr().out.startswith("# GG302: a dead end")


def test_explain_of_an_unknown_code_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "--explain", "GG3022"]) == 2
    assert 'did you mean "GG302"?' in capsys.readouterr().err


# -- nonsense -----------------------------------------------------------------------------------------------------

NUMBERS = st.sampled_from([0, -1, 10**9, 10**40, 1.5, -0.0, 1e300])
NONSENSE = st.one_of(
    st.none(),
    st.booleans(),
    NUMBERS,
    st.text(max_size=6),
    st.sampled_from([[], {}, [[]], {"id": "x"}, "\ud800", "a\nb", "{", "nowhere", "mira_voss"]),
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every part inside a JSON value."""
    parts: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at] * bool(at) + [place for key, part in parts for place in places(part, (*at, key))]


@cache
def source(kind: str) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
    document = {key: part for key, part in records(kind)[0][1].items() if key != "provenance"}
    return document, places(document)


def spoiled(draw: st.DataObject, kind: str) -> Any:
    """A good record of which one to three parts were replaced, removed or doubled."""
    document, everywhere = source(kind)
    document = deepcopy(document)
    for place in draw.draw(st.lists(st.sampled_from(everywhere), min_size=1, max_size=3)):
        holder: Any = document
        try:
            for key in place[:-1]:
                holder = holder[key]
            match draw.draw(st.sampled_from(["replace", "swap", "remove", "double"])):
                case "replace":
                    holder[place[-1]] = draw.draw(NONSENSE)
                case "swap":
                    _swap(holder, place[-1], document, draw.draw(st.sampled_from(everywhere)))
                case "remove":
                    del holder[place[-1]]
                case _:
                    holder[place[-1]] = [holder[place[-1]]] * 2
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took this part away
    return document


def _swap(holder: Any, key: Any, document: Any, place: tuple[Any, ...]) -> None:
    """Put another part of the record here: of the right form more often than what is made up."""
    other = document
    for step in place:
        other = other[step]
    holder[key] = deepcopy(other)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.sampled_from(KINDS))
def test_spoiled_records_give_findings_and_never_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, draw: st.DataObject, kind: str
) -> None:
    document = spoiled(draw, kind)
    found = validate_paths([written(tmp_path_factory.mktemp("x"), document)], WORLD, plays=True)
    assert found.records == 1 or found.errors
    assert all("\n" not in str(finding) for finding in found.findings)
    json.dumps(found.as_json())


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "7",
        '{"id": [1], "kind": "quest"}',
        '{"id": "a", "kind": {"b": 1}}',
        '{"id": "a", "kind": "quest", "level": NaN}',
        '{"id": "a", "kind": "quest", "level": 1e999}',
        f'{{"id": "a", "kind": "quest", "level": {"9" * 5000}}}',
        '{"id": "a", "kind": "quest", "x": ' + "[" * 100_000,
        '{"id": "\\ud800", "kind": "dialogue"}',
        '{"id": "a", "kind": "dialogue", "nodes": null}',
    ],
    ids=range(10),
)
def test_lines_that_hold_no_record_are_findings(tmp_path: Path, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(line + "\n", encoding="utf-8")
    assert run(["validate", str(file)]) == 1
    out, err = capsys.readouterr()
    assert "bad.jsonl" in out
    assert "Traceback" not in out + err and "GG013" not in err


@pytest.mark.parametrize("depth", [1_500, 5_000])
def test_conditions_without_a_bottom_are_findings(tmp_path: Path, depth: int) -> None:
    record = said()
    record["nodes"][1]["choices"][0]["condition"] = "here"
    deep = '{"not": ' * depth + json.dumps(leaf("item", "ore", ">=", 1)) + "}" * depth
    file = tmp_path / "deep.jsonl"
    file.write_text(json.dumps(record).replace('"here"', deep) + "\n", encoding="utf-8")
    assert "too deeply" in str(validate_paths([file]).errors[0])


@pytest.mark.parametrize("times", [20, 100])
def test_conditions_of_many_levels_are_followed(tmp_path: Path, times: int) -> None:
    record = said()
    for _ in range(times):
        held = record["nodes"][1]["choices"][1]
        held["condition"] = {"all": [{"not": {"not": held["condition"]}}]}
    assert report(tmp_path, record).errors == ()


def test_thousands_of_nodes_are_followed(tmp_path: Path) -> None:
    record = said()
    names = [f"step_{n}" for n in range(3_000)]
    chain = [
        node(name, says=f"This is step {name[5:]}.", goto=after)
        for name, after in zip(names, [*names[1:], "bye"], strict=True)
    ]
    asked = [choice(f"ask_{n}", "hub", goto=names[-1 - n % 40], once=n % 7 == 0) for n in range(1_000)]
    record["nodes"][1]["choices"] += [choice("walk", "hub", goto=names[0]), *asked]
    record["nodes"] += chain
    found = report(tmp_path, record)
    assert "GG314" not in {finding.code for finding in found.errors}
    record["nodes"][-1]["goto"] = names[0]
    assert "GG313" in {finding.code for finding in report(tmp_path, record).errors}


def test_words_that_the_project_avoids_are_found(tmp_path: Path) -> None:
    """The project's own words and lists count as the world's do."""
    root = tmp_path / "p"
    (root / "content").mkdir(parents=True)
    (root / "templates").mkdir()
    (root / "world.toml").write_text(
        '[world]\nid = "w"\nname = "W"\npremise = "A town."\n'
        '[[character]]\nid = "a"\nname = "Ann Tar"\nrole = "smith"\n'
        '[[location]]\nid = "mill"\nname = "the mill"\n',
        encoding="utf-8",
    )
    (root / "gamegen.toml").write_text(
        '[project]\nid = "p"\nworld = "world.toml"\navoid = ["lease"]\n', encoding="utf-8"
    )
    (root / "templates" / "ratings.toml").write_text('everyone = []\nteen = ["key"]\nmature = []\n', encoding="utf-8")
    text = {"id": "q_1_00000000", "text": "The lease lies under the key at the mill."}
    record = {
        "id": "q_1", "kind": "quest", "schema_version": 1, "title": {"id": "q_1_00000001", "text": "A Paper"},
        "summary": text, "giver": "a", "motivation": "wealth", "strategy": "x", "type": "side", "level": 1,
        "prerequisites": [], "start": "s", "facts": [], "fail_conditions": [], "placeholders": [],
        "stages": [{"id": "s", "journal": text, "next": [{"to": "done", "requires": ["o"]}], "objectives": [
            {"id": "o", "verb": "goto", "target": "mill", "count": 1, "location": "mill", "optional": False,
             "hidden": False, "text": text}]}],
        "outcomes": [{"id": "done", "status": "success", "text": text}],
        "rewards": {"xp": 1, "currency": 0, "items": [], "reputation": []},
        "refs": [
            {"id": "a", "type": "character", "name": "Ann Tar"}, {"id": "mill", "type": "location", "name": "the mill"},
            {"id": "q_1", "type": "quest", "name": "q_1", "value_type": "string", "initial": "inactive",
             "values": ["inactive", "s", "done"]}],
    }  # fmt: skip
    (root / "content" / "q.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    codes = {finding.code for finding in validate_paths([root]).findings}
    assert codes == {"GG606", "GG607"}
