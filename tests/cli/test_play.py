"""Dialogues in the terminal, recorded and played again."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gamegen.cli import run
from gamegen.cli.play import play_in_terminal, told
from tests.dialogue_records import choice, effect, forge, leaf, node


def session(answers: str, seed: int | None = None, **options: Any) -> str:
    output = io.StringIO()
    play_in_terminal(forge(), seed=seed, input=io.StringIO(answers), output=output, **options)
    return output.getvalue()


def test_plain_shows_lines_choices_and_the_end_and_no_more() -> None:
    shown = session("3\n", plain=True)
    assert "Mira Voss: Ada, is it? {Ha}.\nMira Voss: What else?\n" in shown
    assert "  1. Choose weather.\n  2. Choose press. [persuasion 12]\n  3. Choose leave.\n" in shown
    assert shown.endswith("Mira Voss: Mind the step.\n\n[end left: nothing]\n")
    assert "#" not in shown and "[locals" not in shown


def test_lines_come_with_their_tags_and_choices_with_their_ids() -> None:
    record = forge()
    shown = session("3\n")
    line, text = record["nodes"][1]["lines"][0]["id"], record["nodes"][1]["choices"][0]["text"]["id"]
    assert f"Mira Voss: What else?  #id:{line} #speaker:mira\n" in shown
    assert f"  1. Choose weather.  (weather) #id:{text}\n" in shown


def test_all_variables_are_shown_before_the_start_and_on_request() -> None:
    shown = session("1\ns\nq\n")
    assert shown.startswith("[flags: guild_hostile = false]\n[items: ore = 0]\n[quests: find_lens = inactive]\n")
    assert "[locals: trust = 0]" in shown
    assert "> [flags: guild_hostile = false]\n" in shown
    assert "[locals: trust = 1]" in shown


def test_each_step_tells_what_it_changed() -> None:
    assert "[trust: 0 -> 1]\n\n  1. Choose press." in session("1\nq\n")
    assert "[guild_hostile: false -> true]" in session("2\nn\n2\n")


def test_plain_tells_at_the_end_what_the_play_changed_in_the_games_own_state() -> None:
    shown = session("1\n1\nn\n1\n", plain=True)
    assert shown.endswith("[end left: nothing]\n[guild_hostile: false -> true]\n")


def test_closed_choices_are_shown_on_request_with_what_they_need() -> None:
    shown = session("weather\nq\n", closed=True, plain=True)
    assert "  -  Choose ore. [closed: needs ore >= 1]\n" in shown
    assert "  -  Choose secret. [closed: needs trust >= 2 and not (guild_hostile == true)]\n" in shown
    assert "  -  Choose weather. [closed: taken already]\n" in shown
    assert "closed" not in session("weather\nq\n", plain=True)


def test_conditions_are_told_without_doubt_about_what_belongs_together() -> None:
    a, b = leaf("flag", "a", "==", True), leaf("item", "b", ">", 1)
    assert told({"all": [a, {"any": [a, b]}]}) == "a == true and (a == true or b > 1)"
    assert told({"any": [{"all": [b]}, {"not": {"all": [a, b]}}]}) == "b > 1 or not (a == true and b > 1)"


def test_a_choice_is_taken_by_its_id_too() -> None:
    assert session("leave\n").replace("leave", "3") == session("3\n").replace("leave", "3")


def test_a_closed_choice_says_what_it_needs_and_asks_again() -> None:
    shown = session("ore\nleave\n")
    assert "> ore is closed: needs ore >= 1\n>" in shown
    assert "[end left: nothing]" in shown


def test_a_wrong_number_is_asked_again() -> None:
    assert session("7\nfoo\n0\n3\n").count("a number from 1 to 3") == 3


def test_the_outcome_of_a_check_is_asked_for() -> None:
    shown = session("2\nmaybe\ny\nq\n")
    assert "[persuasion against 12] success? y/n" in shown
    assert "y for success" in shown
    assert "Mira Voss: Fine, then." in shown


def test_a_seed_rolls_and_the_same_seed_rolls_the_same() -> None:
    assert "[persuasion: " in session("2\nq\n", seed=1)
    assert session("2\nq\n", seed=1) == session("2\nq\n", seed=1)


def test_seeds_reach_both_outcomes() -> None:
    shown = {("success]" in session("2\nq\n", seed=seed)) for seed in range(20)}
    assert shown == {True, False}


def test_the_end_of_the_input_leaves_politely() -> None:
    assert session("").endswith("[left before the end]\n")


def test_ctrl_c_leaves_politely() -> None:
    def interrupt(size: int = -1) -> str:
        raise KeyboardInterrupt

    keyboard, output = io.StringIO(), io.StringIO()
    keyboard.readline = interrupt  # type: ignore[method-assign]
    play_in_terminal(forge(), input=keyboard, output=output)
    assert output.getvalue().endswith("[left before the end]\n")


def test_a_dead_end_is_told_and_ends() -> None:
    shut = choice("shut", "a", goto="a", condition=leaf("item", "ore", ">", 5))
    output = io.StringIO()
    play_in_terminal(
        {**forge(), "start": "a", "nodes": [node("a", choices=[shut])]}, input=io.StringIO(), output=output
    )
    assert "[a dead end: no choice is open]" in output.getvalue()


# --- the command

Play = Callable[..., tuple[int, str, str]]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Play:
    """Runs `gamegen play` in a folder with two dialogues; returns exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    write(forge())

    def command(*arguments: str, answers: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(answers))
        code = run(["play", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def write(record: dict[str, Any]) -> None:
    """The talk and another one, into talks.jsonl."""
    other = json.loads(json.dumps(forge()).replace("talk_0001", "talk_0002"))
    Path("talks.jsonl").write_text(f"{json.dumps(record)}\n{json.dumps(other)}\n", encoding="utf-8")


def test_a_record_is_named_by_file_and_id(play: Play) -> None:
    code, out, _ = play("talks.jsonl#talk_0002", answers="leave\n")
    assert code == 0
    assert out.endswith("[end left: nothing]\n")
    assert play("talks.jsonl", "--id", "talk_0002", answers="leave\n")[1] == out


def test_a_recorded_play_comes_out_the_same_and_stays_silent(play: Play) -> None:
    assert play("talks.jsonl", "--record", "p.jsonl", answers="weather\npress\ny\nsecret\n")[0] == 0
    events = [json.loads(line) for line in Path("p.jsonl").read_text("utf-8").splitlines()]
    assert events[0]["record"] == "talk_0001"
    assert [one["id"] for one in events if one["event"] == "choice"] == ["weather", "press", "secret"]
    assert events[-1]["state"]["quests"] == {"find_lens": "ask_master"}
    assert play("talks.jsonl", "--replay", "p.jsonl") == (0, "", "1 plays, 0 of them differ\n")


def test_a_play_with_dice_and_other_values_is_played_again_without_naming_them(play: Play) -> None:
    answers = "ore\npress\nleave\n"
    assert play("talks.jsonl", "--seed", "3", "--set", "item.ore=2", "--record", "p.jsonl", answers=answers)[0] == 0
    assert play("talks.jsonl", "--replay", "p.jsonl")[0] == 0


def test_a_play_that_was_left_is_recorded_up_to_there(play: Play) -> None:
    assert play("talks.jsonl", "--record", "p.jsonl", answers="weather\n")[0] == 0
    assert json.loads(Path("p.jsonl").read_text("utf-8").splitlines()[-1])["event"] == "offer"
    assert play("talks.jsonl", "--replay", "p.jsonl")[0] == 0


def test_a_recording_that_cannot_be_written_is_refused_before_the_play(play: Play) -> None:
    code, out, err = play("talks.jsonl", "--record", "talks.jsonl/p.jsonl", answers="leave\n")
    assert (code, out) == (4, "")
    assert "GG008" in err and err.count("\n") == 1


def edited(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    record = forge()
    change(record)
    return record


RAISED = effect("flag", "guild_hostile", "set", True)
EDITS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "line": (
        lambda record: record["nodes"][1]["lines"][0].update(text="What now?"),
        "p.jsonl:3: line: recorded 'What else?', now 'What now?'",
    ),
    "speaker": (lambda record: record["nodes"][2].update(speaker="mira"), "speaker: recorded 'oren', now 'mira'"),
    "name": (
        lambda record: record["refs"][0].update(name="Mira"),
        "name of the speaker: recorded 'Mira Voss', now 'Mira'",
    ),
    "choices": (
        lambda record: record["nodes"][1]["choices"][2].pop("once"),
        "choices offered: recorded ore, secret, leave, now ore, press, secret, leave",
    ),
    "check": (
        lambda record: record["nodes"][1]["choices"][2]["check"].update(dc=13),
        "dc of choice press: recorded 12, now 13",
    ),
    "value": (
        lambda record: record["nodes"][1]["choices"][0].update(effects=[effect("local", "trust", "set", 1), RAISED]),
        "p.jsonl:8: flag guild_hostile: recorded false, now true",
    ),
    "start": (
        lambda record: record["variables"][0].update(initial=5),
        "choices offered: recorded weather, ore, press, leave, now weather, ore, press, secret, leave",
    ),
    "gone": (
        lambda record: record["refs"].pop(3),
        "p.jsonl:4: flag guild_hostile: recorded false, now no such variable",
    ),
    "fault": (
        lambda record: record["nodes"][1]["choices"][0].update(goto="nowhere"),
        "p.jsonl:5: the play: recorded to go on, now a fault in the record: GG308 ",
    ),
    "shorter": (
        lambda record: record["nodes"][2].pop("goto") and record["nodes"][2].update(end="left"),
        "event: recorded the line 'What else?', now the end 'left'",
    ),
    "longer": (
        lambda record: record["nodes"][2]["lines"].append({"id": "new", "text": "And more."}),
        "p.jsonl:7: line: recorded 'What else?', now 'And more.'",
    ),
    "outcome": (
        lambda record: record["ends"][0].update(outcome="sold"),
        "outcome of the end: recorded 'told', now 'sold'",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_told_by_its_first_difference(play: Play, name: str) -> None:
    change, message = EDITS[name]
    answers = "weather\npress\ny\nsecret\n"
    assert play("talks.jsonl", "--set", "item.ore=1", "--record", "p.jsonl", answers=answers)[0] == 0
    write(edited(change))
    code, out, err = play("talks.jsonl", "--replay", "p.jsonl")
    assert code == 1
    assert out.startswith("p.jsonl:") and message in out and out.count("\n") == 1
    assert err == "1 plays, 1 of them differ\n"


def test_what_nobody_sees_is_no_difference(play: Play) -> None:
    """Another node id, a new variable, a new choice that is closed."""
    assert play("talks.jsonl", "--record", "p.jsonl", answers="weather\nleave\n")[0] == 0
    record = json.loads(json.dumps(forge()).replace('"rain"', '"wet"'))
    record["variables"].append({"id": "new", "type": "bool", "initial": False})
    record["nodes"][1]["choices"].insert(
        0, choice("new", "hub", goto="bye", condition=leaf("local", "new", "==", True))
    )
    write(record)
    assert play("talks.jsonl", "--replay", "p.jsonl")[:2] == (0, "")


def test_a_folder_of_plays_names_each_that_differs(play: Play) -> None:
    Path("plays").mkdir()
    play("talks.jsonl#talk_0001", "--record", "plays/a.jsonl", answers="leave\n")
    play("talks.jsonl#talk_0002", "--record", "plays/b.jsonl", answers="leave\n")
    write(edited(lambda record: record["nodes"][7]["lines"][0].update(text="Bye.")))
    code, out, err = play("talks.jsonl", "--replay", "plays")
    assert (code, err) == (1, "2 plays, 1 of them differ\n")
    assert Path(out.partition(":")[0]) == Path("plays/a.jsonl")


BAD: dict[str, tuple[tuple[str, ...], str]] = {
    "no file": (("x.jsonl",), "GG006"),
    "no record": (("talks.jsonl#talk_3",), "GG006 no dialogue 'talk_3'; did you mean \"talk_000"),
    "two ids": (("talks.jsonl#talk_0001", "--id", "talk_0002"), "GG011 two ids"),
    "another record": (
        ("talks.jsonl#talk_0002", "--replay", "p.jsonl"),
        "p.jsonl: GG006 expected a play of 'talk_0002', found one of 'talk_0001'",
    ),
    "no recording": (("talks.jsonl", "--replay", "gone.jsonl"), "gone.jsonl: GG006 cannot read"),
    "content as recording": (("talks.jsonl", "--replay", "talks.jsonl"), "talks.jsonl:1:0: GG105 expected an event"),
    "seed and ask": (("talks.jsonl", "--seed", "1", "--rolls", "ask"), "GG011"),
    "replay and more": (("talks.jsonl", "--replay", "p.jsonl", "--seed", "1"), "GG011"),
    "variable": (
        ("talks.jsonl", "--set", "item.or=1"),
        "GG004 expected TYPE.ID=VALUE, found 'item.or=1'; did you mean \"i",
    ),
    "value": (("talks.jsonl", "--set", "item.ore=many"), "GG005 item.ore: expected a count from 0, found 'many'"),
    "below 0": (("talks.jsonl", "--set", "item.ore=-1"), "GG005 item.ore: expected a count from 0, found '-1'"),
    "truth": (("talks.jsonl", "--set", "flag.guild_hostile=yes"), "GG005 flag.guild_hostile: expected true or false"),
    "state": (("talks.jsonl", "--set", "quest.find_lens=started"), "GG005 quest.find_lens has no value 'started'"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_clear_line(play: Play, name: str) -> None:
    arguments, message = BAD[name]
    assert play("talks.jsonl", "--record", "p.jsonl", answers="leave\n")[0] == 0
    code, out, err = play(*arguments)
    assert (code, out) == (2, "")
    assert message in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"event":"offer"', '"event":"offers"', "p.jsonl:4:0: GG105 expected an event of a recorded play"),
        ('"text":"What else?"', '"text":5', "p.jsonl:3:0: GG105 expected an event 'line'"),
        ('"dc":12,', "", "p.jsonl:4:0: GG105 expected choices with"),
        ('"locals":{"trust":0}', '"locals":5', "p.jsonl:4:0: GG105 expected the values of variables"),
        ('"format":1', '"format":2', "p.jsonl:1:0: GG105 expected format 1"),
        ('"event":"play"', '"event":"line"', "p.jsonl:1:0: GG105"),
        ("\n", "\n\n", "p.jsonl:2:0: GG105"),
        ("\n", "", "p.jsonl:1:0: GG105"),
    ],
)
def test_a_recording_that_was_damaged_is_refused_with_its_line(play: Play, old: str, new: str, message: str) -> None:
    assert play("talks.jsonl", "--record", "p.jsonl", answers="leave\n")[0] == 0
    source = Path("p.jsonl").read_text("utf-8")
    assert old in source
    Path("p.jsonl").write_text(source.replace(old, new), "utf-8")
    code, out, err = play("talks.jsonl", "--replay", "p.jsonl")
    assert (code, out) == (2, "")
    assert message in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"event":"choice","id":"press"', '"event":"choice","id":"ore"', "choice: recorded 'ore', now not on offer"),
        ('"success":true', '"success":null', "choice: recorded 'press' without a check, now with one"),
        ('"success":true', '"success":false', "recorded 'Fine, then.', now 'No.'"),
    ],
)
def test_a_recording_that_was_changed_differs(play: Play, old: str, new: str, message: str) -> None:
    assert play("talks.jsonl", "--record", "p.jsonl", answers="press\ny\nleave\n")[0] == 0
    source = Path("p.jsonl").read_text("utf-8")
    assert old in source
    Path("p.jsonl").write_text(source.replace(old, new), "utf-8")
    code, out, _ = play("talks.jsonl", "--replay", "p.jsonl")
    assert code == 1
    assert message in out and out.count("\n") == 1


def test_a_recording_that_breaks_off_inside_a_step_differs(play: Play) -> None:
    assert play("talks.jsonl", "--record", "p.jsonl", answers="leave\n")[0] == 0
    lines = Path("p.jsonl").read_text("utf-8").splitlines()
    Path("p.jsonl").write_text("\n".join(lines[:-1]), "utf-8")
    code, out, _ = play("talks.jsonl", "--replay", "p.jsonl")
    assert (code, out) == (1, f"p.jsonl:{len(lines)}: event: recorded nothing more, now the end 'left'\n")


def test_the_page_shows_what_the_command_prints(play: Play) -> None:
    page = (Path(__file__).parents[2] / "docs" / "play.md").read_text("utf-8")
    commands, shown = re.findall(r"```\n(.*?)```", page, re.DOTALL)[:2]
    _, first, second = commands.splitlines()
    answers, _, command = first.partition(" | ")
    code, out, _ = play(*command.split()[2:], answers=answers.removeprefix("printf '")[:-1].replace("\\n", "\n"))
    assert code == 0
    assert out.startswith(shown)
    assert play(*second.split()[2:]) == (0, "", "1 plays, 0 of them differ\n")
