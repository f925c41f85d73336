"""Witnesses as lines that a designer can read."""

from __future__ import annotations

import pytest

from gamegen.checks.dialogue_states import explore
from gamegen.transcripts import quest_transcript, transcript
from tests.checks.test_dialogue import gate_every_choice, leave_a_brace_single
from tests.dialogue_records import forge


def ending(end: str) -> list[str]:
    record = forge()
    return transcript(record, explore(record).ends[end])


def test_a_play_to_an_end_names_speakers_choices_and_the_end() -> None:
    assert ending("left") == [
        "start with ore = 0",
        "Mira Voss: Ada, is it? {Ha}.",
        "Mira Voss: What else?",
        "> Choose leave.",
        "Mira Voss: Mind the step.",
        "end left: nothing",
    ]


def test_a_check_is_told_with_its_outcome_skill_and_difficulty() -> None:
    assert "> Choose press. (success of persuasion 12)" in ending("learned")


def test_a_dead_end_says_where_the_play_stands() -> None:
    record = forge()
    gate_every_choice(record)
    lines = transcript(record, explore(record).dead["hub"])
    assert lines[0] == "start with guild_hostile = false"
    assert lines[-1] == "[at hub; a dead end: no choice is open]"


def test_a_text_that_cannot_be_shown_breaks_the_transcript_off() -> None:
    record = forge()
    leave_a_brace_single(record)
    assert "breaks off" in transcript(record, explore(record).ends["left"])[-1]


@pytest.mark.parametrize(
    ("trace", "first"), [("start -> ask", "> ask: Ask him."), ("start with a = 1 -> x", "start with a = 1")]
)
def test_a_quest_trace_comes_with_the_texts_of_its_objectives(trace: str, first: str) -> None:
    record = {
        "stages": [{"objectives": [{"id": "ask", "text": {"id": "t", "text": "Ask him."}}]}],
        "outcomes": [{"id": "kept", "status": "success", "text": {"id": "u", "text": "Kept."}}],
    }
    lines = quest_transcript(record, "kept", trace)
    assert lines[0] == first
    assert lines[-1] == "outcome kept (success): Kept."
