"""The figures of a model by its texts, and where a base's weights come from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gamegen.cards import CHATML, FIELDS, CardForm
from gamegen.cli import run
from gamegen.engine.adapter import WEIGHTS, Adapter, weights_sha256
from gamegen.engine.api import Job
from gamegen.engine.manifest import PLAIN_ID, Source
from gamegen.errors import ModelUnavailable, UsageError
from gamegen.testing import FakeEngine
from gamegen.tune.base import find_source
from gamegen.tune.evaluate import TEMPLATES, comparable, judge, measure
from gamegen.tune.finishing import require_free
from gamegen.tune.model_card import command, model_card
from gamegen.tune.settings import Hyperparameters
from tests.engine.small_models import store
from tests.tune.lessons import corpus, lesson, npc_line, write_corpus

LESSONS = [lesson(each) for each in corpus(12, 4)]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAMEGEN_CACHE", str(tmp_path))
    return tmp_path / "models"


def test_texts_that_are_the_lines_say_their_must_and_are_copies() -> None:
    texts = [each.line for each in LESSONS[:12]]
    apart = measure(texts, LESSONS[:12], LESSONS[12:])
    assert apart["says_must"] == 1.0
    assert apart["passes_checks"] == 1.0
    assert apart["longest_shared_run"] < 4
    copied = measure(texts, LESSONS[:12], LESSONS)
    assert copied["passes_checks"] == 0.0
    assert copied["longest_shared_run"] == len(LESSONS[0].words)


def test_texts_that_say_something_else_do_not() -> None:
    figures = measure(["Nothing of it all, friend."] * 12, LESSONS[:12], [])
    assert figures["says_must"] == 0.0
    assert figures["self_bleu_4"] == 1.0
    assert figures["distinct_2"] < 0.1


def test_no_texts_have_no_figures_but_zeros() -> None:
    assert measure([], [], LESSONS)["says_must"] == 0.0


@pytest.mark.parametrize("form", [None, CardForm(CHATML.before, CHATML.behind, ("npc_line", "journal"))])
def test_a_model_is_asked_as_generation_asks_it(form: CardForm | None) -> None:
    by_prompt = {each.card["must"]: each.line for each in LESSONS}

    def reply(job: Job, candidate: int) -> str:
        assert job.candidates == 1
        return next(line for must, line in by_prompt.items() if must.split()[-5] in job.prompt)

    engine = FakeEngine(reply)
    object.__setattr__(engine.info, "card_form", form)
    judged = judge(engine, LESSONS, [], FIELDS)
    assert judged.figures["texts"] == len(LESSONS)
    assert judged.figures["loss"] == 2.0
    assert all((job.shared == "") is (form is not None) for job in engine.jobs)  # a card shares nothing
    assert judged.figures == judge(engine, LESSONS, [], FIELDS).figures


def test_every_kind_of_gamegens_own_can_be_asked_for_without_cards() -> None:
    assert TEMPLATES.keys() == FIELDS.keys()
    engine = FakeEngine()
    lessons = [
        lesson({"kind": kind, **dict.fromkeys(fields, "the old bell"), "line": "Well, there is a bell."})
        for kind, fields in FIELDS.items()
    ]
    lessons.append(lesson({"kind": "objective", "verb": "goto", "target": "the hut", "line": "Go to the hut."}))
    assert judge(engine, lessons, [], FIELDS).figures["texts"] == 8


def test_no_example_that_is_shown_is_one_that_is_judged() -> None:
    from gamegen.examples import shipped

    judged = [lesson(dict(each)) for each in shipped() if each["kind"] == "journal"][::2]
    engine = FakeEngine()
    judge(engine, judged, [], FIELDS)
    prompts = [job.shared + job.prompt for job in engine.jobs]
    # In quotation marks: as an answer. The question may hold the line: a terse one says its `must` and nothing else.
    assert not any(f'"{each.line}"' in prompt for each in judged for prompt in prompts)
    assert any('."' in prompt for prompt in prompts)


def test_at_most_four_hundred_are_judged_and_kinds_of_plugins_are_not() -> None:
    lessons = [lesson({**npc_line(i), "who": f"Name{i}"}) for i in range(500)]
    stranger = lesson({"kind": "poem", "line": "x"})
    found = comparable([*lessons, stranger])
    assert len(found) == 400
    assert found == comparable([stranger, *reversed(lessons)])


def test_the_default_names_mean_the_plain_weights(cache: Path) -> None:
    assert find_source("smollm2-135m-instruct") == find_source(PLAIN_ID) == PLAIN_ID


@pytest.mark.parametrize(
    ("source", "result"),
    [
        (Source("huggingface", f"org/name@{'0a' * 20}"), f"org/name@{'0a' * 20}"),
        (Source("huggingface", "org/name@abc"), "org/name"),
        (Source("default", "wheel"), PLAIN_ID),
    ],
)
def test_a_model_of_the_cache_leads_to_its_source(cache: Path, source: Source, result: str) -> None:
    store(cache / "mine", "mine", source=source)
    assert find_source("mine") == result


@pytest.mark.parametrize("kind", ["folder", "gguf", "onnx"])
def test_a_model_whose_weights_are_elsewhere_asks_for_their_path(cache: Path, kind: str) -> None:
    store(cache / "mine", "mine", source=Source(kind, "weights"))  # type: ignore[arg-type]
    with pytest.raises(ModelUnavailable) as caught:
        find_source("mine")
    assert caught.value.findings[0].code == "GG875"


def test_a_tuned_model_is_no_base(cache: Path) -> None:
    tuned = {"adapter": "0" * 64, "base": {"name": PLAIN_ID, "sha256": "1" * 64}}
    store(cache / "mine", "mine", source=Source("default", "wheel"), tuned=tuned)
    with pytest.raises(ModelUnavailable) as caught:
        find_source("mine")
    assert caught.value.findings[0].code == "GG875"
    assert f"give its base ({PLAIN_ID}) with --base, and its adapter folder with --start" in str(caught.value)


def test_a_base_that_nothing_names_is_refused_with_the_nearest(cache: Path) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        find_source("smolm2-135m-instruct")
    assert caught.value.findings[0].code == "GG875"
    assert "did you mean 'smollm2-135m-instruct'" in str(caught.value)


def test_an_exported_model_cannot_be_trained(cache: Path, tmp_path: Path) -> None:
    folder = store(tmp_path / "onnx").path
    (folder / "manifest.json").unlink()
    with pytest.raises(ModelUnavailable) as caught:
        find_source(str(folder))
    assert caught.value.findings[0].code == "GG875"


def test_a_name_that_is_taken_is_refused_unless_forced(cache: Path) -> None:
    store(cache / "mine", "mine")
    for name in ("mine", "smollm2-135m-instruct"):
        with pytest.raises(UsageError) as caught:
            require_free(name, force=False)
        assert caught.value.findings[0].code == "GG881"
        require_free(name, force=True)
    require_free("other", force=False)


def test_the_model_that_was_made_of_the_adapter_is_this_tunings_own(cache: Path, tmp_path: Path) -> None:
    folder = tmp_path / "work" / "adapter"
    folder.mkdir(parents=True)
    (folder / WEIGHTS).write_bytes(b"matrices")
    store(cache / "mine", "mine", tuned={"adapter": weights_sha256(folder)})
    require_free("mine", False, folder)
    (folder / WEIGHTS).write_bytes(b"other matrices")
    for path in (folder, tmp_path):
        with pytest.raises(UsageError) as caught:
            require_free("mine", False, path)
        assert caught.value.findings[0].code == "GG881"


@pytest.mark.parametrize("name", ["../mine", "Mine", "a/b", ""])
@pytest.mark.parametrize("options", [[], ["--adapter-only"], ["--force"]])
def test_an_impossible_name_is_refused_before_anything_is_made(
    cache: Path, tmp_path: Path, name: str, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_corpus(tmp_path / "data", corpus())
    before = sorted(tmp_path.rglob("*"))
    assert run(["tune", str(data), "--name", name, *options]) == 2
    assert "GG809" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


# The model card


def test_the_command_names_files_and_what_is_not_the_default() -> None:
    files = ["a.jsonl", "my b.csv", "salt/content/0.jsonl", "salt/content/1.jsonl"]
    plain = command(files, Hyperparameters(), name="ledger")
    assert plain == "gamegen tune a.jsonl 'my b.csv' salt --name ledger"
    numbers = Hyperparameters(epochs=3, rate=3e-4, rank=8, alpha=16, batch=4, seed=12345678901)
    more = command(
        ["a.jsonl"],
        numbers,
        base="org/name",
        held_out=["h.jsonl"],
        start="adapter",
        licence="MIT OR Apache-2.0",
        allow_small=True,
    )
    assert more == (
        "gamegen tune a.jsonl --name NAME --base org/name --held-out h.jsonl --start adapter --licence "
        "'MIT OR Apache-2.0' --epochs 3 --rate 0.0003 --rank 8 --batch 4 --seed 12345678901 --allow-small"
    )


def test_the_card_has_command_and_held_out_files() -> None:
    held_out = ({"file": "h.jsonl", "sha256": "ab" * 32, "examples": 7},)
    adapter = Adapter("base", "00", 1, 2, ("q_proj",), CHATML, (), {}, {}, {}, held_out)
    card = model_card(adapter, "MIT", "gamegen tune a.jsonl --name mine")
    assert "Trained by `gamegen tune a.jsonl --name mine`." in card
    assert "Held-out examples of h.jsonl (7 examples, `abababababababab…`)." in card
    assert adapter.facts()["held_out"] == [dict(held_out[0])]
    assert "held_out" not in replace(adapter, held_out=()).facts()
    assert "Held-out examples of" not in model_card(replace(adapter, held_out=()), "MIT", "")
