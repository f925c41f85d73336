"""The default model itself: never its words, only that they obey and that they are the same however they are run."""

from __future__ import annotations

import json
import re
from contextlib import closing

import pytest
from jsonschema import Draft202012Validator

from gamegen.engine.api import Completion, Job
from gamegen.engine.manifest import ModelFolder
from gamegen.engine.runtime import open_engine
from gamegen.records import Sampling
from tests.engine.test_grammar import profile_faults

pytestmark = [pytest.mark.model, pytest.mark.xdist_group("default model")]

SHARED = """People of a harbor town.

Must say: the ferries stop at dusk.
Harbor master (weary, polite): "Last boat leaves at dusk, friend. After that you wait."

Must say: the lens was sold.
Blacksmith (gruff, dry): "They sold the lens for coin. Iron I can mend, that I cannot."

"""
LINE = {"type": "string", "minLength": 12, "maxLength": 70}
SHEET = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 3, "maxLength": 24, "x-gamegen": {"ends": "title"}},
        "level": {"type": "integer", "minimum": 1, "maximum": 20},
        "trade": {"enum": ["smith", "ferryman", "keeper of the lighthouse at the end of the northern reef"]},
    },
    "required": ["name", "level", "trade"],
    "additionalProperties": False,
}
PENALISED = Sampling(temperature=0.9, top_p=1.0, min_p=0.02, repetition_penalty=1.2, frequency_penalty=0.4)


def jobs() -> list[Job]:
    """24 requests: lines that share their examples, openings, words to avoid, greedy and penalised ones, documents."""
    musts = ["the well is dry", "a key was lost", "the fog hides ships", "the bell rang", "the price went up"]
    result = [
        Job(f"line{i}", "k", SHARED, f'Must say: {must}.\nFisher (slow, kind): "', LINE, candidates=1 + i % 2, seed=i)
        for i, must in enumerate(musts * 3)
    ]
    ask = f'{SHARED}Must say: {musts[0]}.\nFisher (slow, kind): "'
    result += [
        Job("opened", "k", SHARED, 'Fisher (slow, kind): "', LINE, candidates=2, opening="The bell"),
        Job("avoiding", "k", SHARED, 'Fisher (slow, kind): "', LINE, candidates=2, avoid=("the", "water", "you")),
        Job("greedy", "k", "", ask, LINE, Sampling(temperature=0)),
        Job("penalised", "k", "", ask, LINE, PENALISED, candidates=2),
        Job("other", "k", SHARED[:150], 'Fisher (slow, kind): "', LINE, Sampling(top_k=5, min_p=0.0)),
    ]
    result += [Job(f"sheet{i}", "k", "", "A person of the town, as JSON: ", SHEET, seed=i) for i in range(4)]
    assert len(result) == 24
    return result


@pytest.fixture(scope="module")
def one_row(default_model: ModelFolder) -> dict[str, tuple[Completion, ...]]:
    return run(default_model, jobs(), batch_size=1, threads=2)


def run(model: ModelFolder, work: list[Job], batch_size: int, threads: int) -> dict[str, tuple[Completion, ...]]:
    with closing(open_engine(model.path, "cpu", batch_size, threads)) as engine:
        return {job.record: completions for job, completions in engine.stream(work)}


@pytest.mark.parametrize(("batch_size", "threads"), [(5, 1), (32, 2)])
def test_neither_batch_nor_threads_nor_order_change_a_byte(
    batch_size: int, threads: int, default_model: ModelFolder, one_row: dict[str, tuple[Completion, ...]]
) -> None:
    """Text, bits of the log-probabilities, and trace."""
    assert run(default_model, jobs()[::-1], batch_size, threads) == one_row


def test_scores_do_not_depend_on_their_company(default_model: ModelFolder) -> None:
    pairs = [(SHARED, job.prompt) for job in jobs()[:6]] + [("", SHARED)]
    with closing(open_engine(default_model.path, "cpu", 4, 2)) as engine:
        together = engine.score(pairs)
        assert [engine.score([pair])[0] for pair in pairs[::-1]] == together[::-1]


def test_every_line_obeys_the_profile(one_row: dict[str, tuple[Completion, ...]]) -> None:
    for job in jobs():
        for completion in one_row[job.record]:
            if job.schema is LINE:
                assert profile_faults(completion.text, "sentence") == []
                assert 12 <= len(completion.text) <= 70


def test_every_document_obeys_its_schema(one_row: dict[str, tuple[Completion, ...]]) -> None:
    for i in range(4):
        Draft202012Validator(SHEET).validate(json.loads(one_row[f"sheet{i}"][0].text))


def test_words_to_avoid_are_avoided(one_row: dict[str, tuple[Completion, ...]]) -> None:
    for completion in one_row["avoiding"]:
        assert not {"the", "water", "you"} & set(re.findall(r"\w+", completion.text.lower()))
