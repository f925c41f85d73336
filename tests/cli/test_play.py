"""Dialogues in the terminal."""

from __future__ import annotations

import io

from gamegen.cli.play import play_in_terminal
from tests.dialogue_records import choice, forge, leaf, node


def session(answers: str, seed: int | None = None) -> str:
    output = io.StringIO()
    play_in_terminal(forge(), seed=seed, input=io.StringIO(answers), output=output)
    return output.getvalue()


def test_lines_choices_and_the_end_are_shown() -> None:
    shown = session("3\n")
    assert "Mira Voss: Ada, is it? {Ha}.\nMira Voss: What else?\n" in shown
    assert "  1. Choose weather.\n  2. Choose press. [persuasion 12]\n  3. Choose leave.\n" in shown
    assert shown.endswith("Mira Voss: Mind the step.\n\n[end left: nothing]\n")


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


def test_changes_of_the_games_state_are_told() -> None:
    assert "[guild_hostile: false -> true]" in session("2\nn\n2\n")


def test_a_dead_end_is_told_and_ends() -> None:
    shut = choice("shut", "a", goto="a", condition=leaf("item", "ore", ">", 5))
    output = io.StringIO()
    play_in_terminal(
        {**forge(), "start": "a", "nodes": [node("a", choices=[shut])]}, input=io.StringIO(), output=output
    )
    assert "[a dead end: no choice is open]" in output.getvalue()
