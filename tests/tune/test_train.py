"""The training of a tiny random model, from files to an exported model, and everything that can stop it."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gamegen.cli import run
from gamegen.engine.adapter import Adapter, merge_adapter, read_copies
from gamegen.engine.manifest import CARD
from gamegen.engine.models import find_model
from gamegen.errors import GamegenError, ModelUnavailable, UsageError
from gamegen.tune import finishing, train
from gamegen.tune.running import Tuned, Wanted, _figures, tune
from gamegen.tune.settings import Hyperparameters
from gamegen.tune.train import Now, marks, rate_at
from tests.engine.small_models import GEMMA, save_transformers_folder
from tests.tune.lessons import corpus, npc_line, write_corpus

torch = pytest.importorskip("torch")
pytest.importorskip("peft")
NUMBERS = Hyperparameters(epochs=5, rate=0.01, rank=4, alpha=8, batch=4)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAMEGEN_CACHE", str(tmp_path / "cache"))


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Two would wait for each other longer than they compute."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base") / "small"
    return save_transformers_folder(folder, max_position_embeddings=4096, tie_word_embeddings=True)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("data"), corpus())


def wanted(base: Path, data: Path, work: Path, **changes: Any) -> Wanted:
    return Wanted(**{"data": (data,), "base": str(base), "work": work, "hyperparameters": NUMBERS, **changes})


def tuned(asked: Wanted, report: Any = None) -> Tuned:
    return tune(asked, lambda line: None, lambda *_: None, report or (lambda now: None))


@pytest.fixture(scope="module")
def made(base: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Tuned:
    """One training, for all that look at its result."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAMEGEN_CACHE", str(folder / "cache"))
        return tuned(wanted(base, data, folder / "work"))


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.model
def test_a_training_learns_and_is_the_same_again(made: Tuned, base: Path, data: Path, tmp_path: Path) -> None:
    assert made.trained.held_out < made.trained.held_out_before
    second = tuned(wanted(base, data, tmp_path / "second"))
    assert content(made.folder) == content(second.folder)


@pytest.mark.model
def test_a_resumed_training_ends_as_an_uninterrupted_one(made: Tuned, base: Path, data: Path, tmp_path: Path) -> None:
    steps: list[Now] = []

    def stop(now: Now) -> None:
        steps.append(now)
        if now.step == made.trained.steps // 2:
            raise KeyboardInterrupt

    asked = wanted(base, data, tmp_path / "torn")
    with pytest.raises(KeyboardInterrupt):
        tuned(asked, stop)
    steps.clear()
    again = tuned(asked, steps.append)
    assert steps[0].resumed
    assert 0 < steps[0].step < made.trained.steps
    assert content(again.folder) == content(made.folder)


@pytest.mark.model
def test_a_checkpoint_of_other_inputs_is_not_taken_up(made: Tuned, base: Path, data: Path, tmp_path: Path) -> None:
    shutil.copytree(made.folder.parent, tmp_path / "work")
    steps: list[Now] = []

    def stop(now: Now) -> None:
        steps.append(now)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tuned(wanted(base, data, tmp_path / "work", hyperparameters=replace(NUMBERS, rate=0.02)), stop)
    assert (steps[0].step, steps[0].resumed) == (0, False)
    with pytest.raises(KeyboardInterrupt):
        tuned(wanted(base, data, tmp_path / "work"), stop)
    assert (steps[1].step, steps[1].resumed) == (made.trained.steps, True)
    (tmp_path / "work" / "checkpoint.pt").write_bytes(b"torn")
    with pytest.raises(KeyboardInterrupt):
        tuned(wanted(base, data, tmp_path / "work"), stop)
    assert (steps[2].step, steps[2].resumed) == (0, False)


@pytest.mark.model
def test_the_adapter_tells_what_it_is(made: Tuned, base: Path) -> None:
    adapter = Adapter.read(made.folder)
    assert adapter.facts() == made.adapter.facts()
    assert adapter.base_sha256 == made.base.sha256
    assert adapter.form.kinds == ("journal", "npc_line")
    assert adapter.form.behind.endswith('"')
    assert adapter.data[0]["licence"] == "Apache-2.0"
    assert len(adapter.paths) == 14
    assert all(read_copies(made.folder).holds(lesson.line) for lesson in made.material.split.training)
    card = (made.folder / CARD).read_text("utf-8")
    assert "Apache-2.0" in card
    assert "journal (" in card


@pytest.mark.model
def test_the_merged_model_has_the_loss_of_the_trained_one(made: Tuned, base: Path) -> None:
    from gamegen.engine import export
    from gamegen.tune.batches import coder
    from gamegen.tune.lora import LoraModel

    weights = export.load(base)
    merge_adapter(weights.model, made.adapter, made.base.sha256)
    how = coder(weights.tokenizer, weights.add_prefix, made.adapter.form.kinds, made.material.fields)
    held_out = [how.lesson(lesson) for lesson in made.material.split.held_out]
    loss = LoraModel(weights.model, Hyperparameters(rank=1)).mean_loss(held_out, 4)
    assert loss == pytest.approx(made.trained.held_out, rel=0.02)


@pytest.mark.model
def test_a_training_goes_on_from_an_adapter(made: Tuned, base: Path, data: Path, tmp_path: Path) -> None:
    second = tuned(wanted(base, data, tmp_path / "second", start=made.folder))
    assert second.trained.held_out_before == pytest.approx(made.trained.held_out, rel=0.02)
    assert second.adapter.hyperparameters["start"] == made.adapter.sha256
    assert len(second.adapter.data) == 2


@pytest.mark.model
def test_an_adapter_of_another_base_is_refused(made: Tuned, base: Path, data: Path, tmp_path: Path) -> None:
    other = save_transformers_folder(tmp_path / "other", hidden_size=32, max_position_embeddings=512)
    with pytest.raises(ModelUnavailable) as caught:
        tuned(wanted(other, data, tmp_path / "second", start=made.folder))
    assert caught.value.findings[0].code == "GG876"
    from gamegen.engine import export

    with pytest.raises(ModelUnavailable) as caught:
        merge_adapter(export.load(other).model, made.adapter)
    assert caught.value.findings[0].code == "GG876"


def test_a_folder_that_is_no_adapter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        Adapter.read(tmp_path)
    assert caught.value.findings[0].code == "GG877"


@pytest.mark.model
def test_another_rank_than_that_of_the_adapter_is_refused(made: Tuned, base: Path, data: Path, tmp_path: Path) -> None:
    numbers = replace(NUMBERS, rank=5)
    with pytest.raises(UsageError) as caught:
        tuned(wanted(base, data, tmp_path / "second", start=made.folder, hyperparameters=numbers))
    assert caught.value.findings[0].code == "GG005"


@pytest.mark.model
def test_a_training_that_diverges_at_once_is_an_error(base: Path, data: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        tuned(wanted(base, data, tmp_path, hyperparameters=replace(NUMBERS, rate=1e30)))
    assert caught.value.findings[0].code == "GG878"


@pytest.mark.model
def test_a_training_that_diverges_later_keeps_the_best(
    base: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "rate_at", lambda step, *_: 0.01 if step < 12 else 3.0)
    told: list[str] = []
    made = tune(wanted(base, data, tmp_path), told.append, lambda *_: None, lambda now: None)
    assert made.trained.diverged
    assert 0 < made.trained.best_step <= 14
    assert any("GG878" in line for line in told)
    assert made.adapter.figures["diverged"]


@pytest.mark.model
def test_a_training_that_learns_nothing_is_an_error_or_keeps_what_it_began_with(
    made: Tuned, base: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "rate_at", lambda *_: 0.0)
    numbers = replace(NUMBERS, epochs=1)
    with pytest.raises(ModelUnavailable) as caught:
        tuned(wanted(base, data, tmp_path / "fresh", hyperparameters=numbers))
    assert caught.value.findings[0].code == "GG878"
    assert "nothing was learned" in str(caught.value)
    told: list[str] = []
    asked = wanted(base, data, tmp_path / "more", start=made.folder, hyperparameters=numbers)
    found = tune(asked, told.append, lambda *_: None, lambda now: None)
    assert any(line.startswith("warning: GG878 nothing was learned") for line in told)
    assert found.adapter.sha256 == made.adapter.sha256


@pytest.mark.model
def test_the_adapter_names_the_file_that_it_was_judged_by(base: Path, data: Path, tmp_path: Path) -> None:
    held_out = write_corpus(tmp_path, map(npc_line, range(60, 63)), licence="").rename(tmp_path / "held.jsonl")
    asked = wanted(base, data, tmp_path / "work", held_out=held_out, name="mine", allow_small=True)
    found = tuned(replace(asked, hyperparameters=replace(NUMBERS, epochs=1)))
    digest = hashlib.sha256(held_out.read_bytes()).hexdigest()
    assert found.adapter.facts()["held_out"] == [{"file": "held.jsonl", "sha256": digest, "examples": 3}]
    assert Adapter.read(found.folder).facts() == found.adapter.facts()
    line = "gamegen tune data.jsonl --name mine --base small --held-out held.jsonl --epochs 1 --rate 0.01 --rank 4"
    assert f"Trained by `{line} --batch 4 --allow-small`." in (found.folder / CARD).read_text("utf-8")


@pytest.mark.model
@pytest.mark.parametrize(
    ("architecture", "changes"),
    [
        ("Llama", {}),
        ("GPT2", {"n_embd": 64, "n_layer": 2, "n_head": 4}),
        ("Gemma3Text", {**GEMMA, "final_logit_softcapping": 5.0}),
        ("Phi3", {"sliding_window": None}),
    ],
)
def test_other_architectures_learn_and_merge(
    architecture: str, changes: dict[str, Any], data: Path, tmp_path: Path
) -> None:
    from gamegen.engine import export
    from gamegen.tune.batches import coder
    from gamegen.tune.lora import LoraModel

    sizes = {"max_position_embeddings": 512, "n_positions": 512} | changes
    base = save_transformers_folder(tmp_path / "other", architecture, **sizes)
    made = tuned(wanted(base, data, tmp_path / "work", hyperparameters=replace(NUMBERS, epochs=2)))
    assert made.trained.held_out < made.trained.held_out_before
    weights = export.load(base)
    merge_adapter(weights.model, made.adapter, made.base.sha256)
    how = coder(weights.tokenizer, weights.add_prefix, made.adapter.form.kinds, made.material.fields)
    held_out = [how.lesson(lesson) for lesson in made.material.split.held_out]
    loss = LoraModel(weights.model, Hyperparameters(rank=1)).mean_loss(held_out, 4)
    assert loss == pytest.approx(made.trained.held_out, rel=0.03)


@pytest.mark.model
def test_the_default_model_goes_on_from_its_own_adapter(
    made: Tuned, base: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gamegen.tune import base as bases, running

    monkeypatch.setattr(running, "SHIPPED_ADAPTER", made.folder)
    monkeypatch.setattr(bases, "PLAIN_ID", str(base))
    told: list[str] = []
    asked = wanted(base, data, tmp_path / "work", hyperparameters=replace(NUMBERS, epochs=1))
    asked = replace(asked, base="smollm2-135m-instruct")
    found = tune(asked, told.append, lambda *_: None, lambda now: None)
    assert found.adapter.hyperparameters["start"] == made.adapter.sha256
    assert any(line.startswith("warning: no examples of") and "trait" in line for line in told)


@pytest.mark.model
def test_ctrl_c_exits_130_and_says_how_to_go_on(
    base: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = train.rate_at

    def stop(step: int, steps: int, *rest: float) -> float:
        if step == steps // 2:
            raise KeyboardInterrupt
        return taken(step, steps, *rest)

    monkeypatch.setattr(train, "rate_at", stop)
    arguments = ["tune", str(data), "--base", str(base), "--name", "mine", "--work", str(tmp_path), "--adapter-only"]
    arguments += ["--epochs", "2", "--rank", "4", "--batch", "4"]
    assert run(arguments) == 130
    assert f"the last checkpoint is in {tmp_path}: the same command goes on from there" in capsys.readouterr().err
    monkeypatch.setattr(train, "rate_at", lambda *_: stop(1, 2))
    assert run([*arguments, "--seed", "1"]) == 130
    assert "the last checkpoint is in" not in capsys.readouterr().err  # it is of another training
    monkeypatch.setattr(train, "rate_at", taken)
    assert run(arguments) == 0
    out, err = capsys.readouterr()
    assert "goes on from the checkpoint of step" in err
    assert out.strip() == str(tmp_path / "adapter")


def test_the_rate_rises_and_falls_to_nothing() -> None:
    rates = [rate_at(step, 100, 1.0, 0.1) for step in range(100)]
    assert max(rates) == rates[9] == 1.0
    assert rates[:10] == sorted(rates[:10])
    assert rates[9:] == sorted(rates[9:], reverse=True)
    assert 0 < rates[-1] < 0.001


@pytest.mark.parametrize("steps", [1, 3, 10, 97])
def test_the_last_step_is_evaluated(steps: int) -> None:
    assert max(marks(steps)) == steps
    assert len(marks(steps)) == min(steps, 10)


@pytest.mark.parametrize(
    "numbers",
    [{"epochs": 0}, {"epochs": math.inf}, {"rate": math.nan}, {"rate": -1.0}, {"rate": -math.inf}, {"batch": 0}],
)
def test_impossible_numbers_are_refused(numbers: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        Hyperparameters(**numbers)
    assert caught.value.findings[0].code == "GG005"


@pytest.mark.model
def test_losses_that_are_no_numbers_are_null(made: Tuned) -> None:
    history = ((0, math.nan, 2.0), (1, 1.23456, math.inf), (2, math.nan, math.nan))
    figures = _figures(made.material, replace(made.trained, history=history))
    assert figures["history"] == [[0, None, 2.0], [1, 1.2346, None], [2, None, None]]
    json.dumps(figures, allow_nan=False)


@pytest.mark.model
def test_the_command_makes_a_model_and_judges_it_however_often_it_is_stopped(
    base: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    added: list[str] = []
    add = finishing.add_model

    def adding(*arguments: Any, name: str, **rest: Any) -> Any:
        added.append(name)
        return add(*arguments, name=name, **rest)

    monkeypatch.setattr(finishing, "add_model", adding)
    arguments = ["tune", str(data), "--base", str(base), "--name", "mine", "--work", str(tmp_path / "work"), "--json"]
    arguments += ["--epochs", "3", "--rate", "0.01", "--rank", "4", "--batch", "4"]
    with monkeypatch.context() as patch:
        patch.setattr(finishing, "judge", stop)
        assert run(arguments) == 130
    assert "the last checkpoint is in" in capsys.readouterr().err
    before = find_model("mine")
    assert "Evaluation" not in (before.path / CARD).read_text("utf-8")
    code = run(arguments)
    out, err = capsys.readouterr()
    assert (code, err if code else "") == (0, "")
    result = json.loads(out)
    assert result["model"] == "mine"
    assert added == ["mine", "small"]
    manifest = find_model("mine").manifest
    assert manifest.card_form is not None
    assert manifest.card_form.kinds == ("journal", "npc_line")
    figures = manifest.tuned["figures"]["evaluation"]
    assert set(figures) == {"mine", "small"}
    assert figures["mine"]["loss"] < figures["small"]["loss"]
    assert figures["mine"]["prompt_tokens"] < figures["small"]["prompt_tokens"]
    card = (tmp_path / "work" / "adapter" / CARD).read_bytes()
    assert b"## Evaluation" in card
    assert (find_model("mine").path / CARD).read_bytes() == card
    assert find_model("mine").sha256 == before.sha256
    assert run([*arguments, "--seed", "1"]) == 2  # another training must not take its place
    assert "GG881" in capsys.readouterr().err
    assert run([*arguments, "--seed", "1", "--force", "--no-evaluate"]) == 0
    assert added == ["mine", "small", "mine"]
    assert find_model("mine").sha256 != before.sha256


def test_a_training_without_its_packages_names_the_extra(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "peft", None)
    with pytest.raises(GamegenError) as caught:
        tuned(wanted(tmp_path, data, tmp_path / "work"))
    assert caught.value.findings[0].code == "GG880"
    assert "gamegen[tune]" in str(caught.value)


def test_smoothed_losses_that_are_not_there_yet_are_nan() -> None:
    from gamegen.tune.checkpoint import State

    assert math.isnan(State().training_loss)
