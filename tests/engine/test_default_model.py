"""The default model itself: never its words, only that they obey and that they are the same however they are run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gamegen.engine.api import Completion, Job
from gamegen.engine.models import DEFAULT_ID, list_models
from gamegen.engine.runtime import open_engine
from tests.engine.test_grammar import profile_faults

pytestmark = pytest.mark.model

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


def jobs() -> list[Job]:
    musts = ["the well is dry", "a key was lost", "the fog hides ships", "the bell rang", "the price went up"]
    result = [
        Job(f"line{i}", "k", SHARED, f'Must say: {must}.\nFisher (slow, kind): "', LINE, candidates=1 + i % 3, seed=i)
        for i, must in enumerate(musts * 2)
    ]
    result.append(Job("opened", "k", SHARED, 'Fisher (slow, kind): "', LINE, candidates=2, opening="The bell"))
    result.append(Job("sheet", "k", "", "A person of the town, as JSON: ", SHEET, candidates=2))
    return result


@pytest.fixture(scope="module")
def one_row() -> Iterator[dict[str, tuple[Completion, ...]]]:
    if DEFAULT_ID not in {model.id for model in list_models()}:
        pytest.skip("the default model is not in the cache: run `gamegen model add`")
    yield run(jobs(), batch_size=1, threads=2)


def run(work: list[Job], batch_size: int, threads: int) -> dict[str, tuple[Completion, ...]]:
    engine = open_engine(provider="cpu", batch_size=batch_size, threads=threads)
    for job in work:
        engine.submit(job)
    found: dict[str, tuple[Completion, ...]] = {}
    while engine.pending:
        found |= {job.record: completions for job, completions in engine.poll()}
    engine.close()
    return found


@pytest.mark.parametrize(("batch_size", "threads"), [(5, 1), (16, 2)])
def test_neither_batch_nor_threads_nor_order_change_a_byte(
    batch_size: int, threads: int, one_row: dict[str, tuple[Completion, ...]]
) -> None:
    assert run(jobs()[::-1], batch_size, threads) == one_row


def test_every_line_obeys_the_profile(one_row: dict[str, tuple[Completion, ...]]) -> None:
    for record, completions in one_row.items():
        for completion in completions:
            if record != "sheet":
                assert profile_faults(completion.text, "sentence") == []
                assert 12 <= len(completion.text) <= 70
