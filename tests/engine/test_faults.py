"""What can go wrong with a model, each by its code; what was finished is delivered, and nothing half done ever is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gamegen.engine import runtime, scheduler
from gamegen.engine.api import Completion, EngineInfo, Job
from gamegen.engine.manifest import folder_entries
from gamegen.engine.runtime import OnnxEngine, open_engine
from gamegen.engine.session import InPlaceSession, Logits
from gamegen.errors import GamegenError, ModelUnavailable, SchemaFault, UsageError
from gamegen.records import Sampling
from tests.engine.small_models import byte_level
from tests.engine.tiny import VOCABULARY, NumpySession, schedulers, tokenizer_json, write_model_folder

SHARED = "They said: the ferry waits. It is the bell, not the tide. Nobody leaves before dawn.\n"
TEXT = {"type": "string", "minLength": 3, "maxLength": 30}
LONG = "weighed, counted, " * 9
SHEET = {
    "type": "object",
    "properties": {"level": {"type": "integer", "maximum": 9, "minimum": 1}, "kind": {"const": LONG}, "name": TEXT},
    "required": ["level", "kind", "name"],
    "additionalProperties": False,
}
Done = dict[str, tuple[Completion, ...]]


def jobs() -> list[Job]:
    texts = [Job(f"line{i}", "k", SHARED, f'{i}: "', TEXT, candidates=1 + i % 3, seed=i) for i in range(12)]
    return [*texts, Job("sheet", "k", "", "Sheet: ", SHEET, candidates=2)]


class Faulty(NumpySession):
    """Does something else at one of its calls. `calls` counts them by their kind: prefill, decode, resize."""

    def __init__(
        self, kind: str = "", at: int = 0, fault: Callable[[Logits | None], Logits | None] | None = None
    ) -> None:
        super().__init__()
        self.kind, self.at, self.fault = kind, at, fault
        self.calls = {"prefill": 0, "decode": 0, "resize": 0}

    def _called(self, kind: str, result: Logits | None = None) -> Any:
        self.calls[kind] += 1
        if self.fault is not None and (kind, self.calls[kind] - 1) == (self.kind, self.at):
            return self.fault(result)
        return result

    def resize(self, rows: int, capacity: int) -> None:
        super().resize(rows, capacity)
        self._called("resize")

    def prefill(self, slot: int, tokens: Sequence[int], start: int, wanted: int = 1) -> Logits | None:
        return self._called("prefill", super().prefill(slot, tokens, start, wanted))

    def decode(self, slots: Sequence[int], tokens: Sequence[int], wanted: Sequence[int]) -> Logits:
        return self._called("decode", super().decode(slots, tokens, wanted))


def no_numbers(logits: Logits | None) -> Logits | None:
    """One of the logits of the last row is no number."""
    if logits is None or not len(logits):
        return logits
    values = logits.values.copy()
    values[-1, 77] = np.nan
    return Logits.of(values)


def removed(logits: Logits | None) -> Logits | None:
    raise RuntimeError("DXGI_ERROR_DEVICE_REMOVED\n0x887A0005")


def no_memory(logits: Logits | None) -> Logits | None:
    raise MemoryError


def no_device_memory(logits: Logits | None) -> Logits | None:
    raise RuntimeError("BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 512")


FAULTS = [(no_numbers, "GG860"), (removed, "GG861"), (no_memory, "GG862"), (no_device_memory, "GG862")]


def engine(session: NumpySession | None = None, **options: Any) -> OnnxEngine:
    info = EngineInfo("tiny", "0" * 64, "cpu", 0)
    return OnnxEngine(info, schedulers(session or NumpySession(), **({"batch_size": 4} | options)))


def deliver(faulty: OnnxEngine) -> tuple[Done, GamegenError | None]:
    """What an engine returns until it is done or raises."""
    done: Done = {}
    while True:
        try:
            found = faulty.poll()
        except GamegenError as error:
            return done, error
        if not found:
            return done, None
        done |= {job.record: completions for job, completions in found}


@pytest.fixture(scope="module")
def clean() -> tuple[Done, dict[str, int]]:
    """Every job's completions, and after how many decode steps it was done."""
    session = NumpySession()
    (whole,), steps = schedulers(session, batch_size=4), {}
    done: Done = {}
    for job in jobs():
        whole.submit(job)
    while whole.pending:
        before = len(session.decodes)
        whole.step()
        for job, completions in whole.take_done():
            done[job.record], steps[job.record] = completions, before
    return done, steps


def strikes(steps: dict[str, int]) -> list[int]:
    """The decode steps in which a fault is worth trying: before any job is done, and when some, many, most are."""
    ends = sorted(set(steps.values()))
    return [0, ends[0], ends[len(ends) // 3], ends[len(ends) // 2], ends[-2]]


@pytest.mark.parametrize("strike", range(5))
@pytest.mark.parametrize(("fault", "code"), FAULTS)
def test_what_was_finished_is_delivered_then_the_fault_is_named(
    fault: Any, code: str, strike: int, clean: tuple[Done, dict[str, int]]
) -> None:
    expected, steps = clean
    at = strikes(steps)[strike]
    faulty = engine(Faulty("decode", at, fault))
    for job in jobs():
        faulty.submit(job)
    done, error = deliver(faulty)
    assert done == {record: expected[record] for record, step in steps.items() if step <= at}
    assert (strike > 0) == bool(done) and len(done) < len(expected)
    assert isinstance(error, ModelUnavailable) and error.findings[0].code == code
    assert error.findings[0].hint


@pytest.mark.parametrize(("fault", "code"), FAULTS)
def test_after_a_fault_the_engine_goes_on_with_new_jobs(
    fault: Any, code: str, clean: tuple[Done, dict[str, int]]
) -> None:
    faulty = engine(Faulty("decode", strikes(clean[1])[1], fault))
    for job in jobs():
        faulty.submit(job)
    deliver(faulty)
    assert faulty.pending == 0
    assert faulty.poll() == []
    assert {job.record: found for job, found in faulty.stream(jobs())} == clean[0]


@pytest.mark.parametrize(("fault", "code"), FAULTS)
@pytest.mark.parametrize("at", [0, 2, 6])
def test_a_fault_in_a_prompt_is_named_too(fault: Any, code: str, at: int, clean: tuple[Done, dict[str, int]]) -> None:
    if fault is no_numbers:
        at += 1  # behind the first page of a prompt, where logits are asked for
    faulty = engine(Faulty("prefill", at, fault))
    for job in jobs():
        faulty.submit(job)
    done, error = deliver(faulty)
    assert error is not None and error.findings[0].code == code
    assert done.items() <= clean[0].items()
    assert {job.record: found for job, found in faulty.stream(jobs())} == clean[0]


@pytest.mark.parametrize(("fault", "code"), FAULTS)
def test_a_fault_in_a_forced_run_is_named_too(fault: Any, code: str) -> None:
    faulty = engine(Faulty("prefill", 1, fault))
    faulty.submit(jobs()[-1])
    done, error = deliver(faulty)
    assert (done, error and error.findings[0].code) == ({}, code)


@pytest.mark.parametrize(("fault", "code"), FAULTS)
def test_a_stream_delivers_what_was_finished_before_it_raises(
    fault: Any, code: str, clean: tuple[Done, dict[str, int]]
) -> None:
    faulty, done = engine(Faulty("decode", strikes(clean[1])[4], fault)), {}
    with pytest.raises(ModelUnavailable, match=code):
        for job, completions in faulty.stream(jobs()):
            done[job.record] = completions
    assert done and done.items() <= clean[0].items()
    assert faulty.pending == 0


@pytest.mark.parametrize(("fault", "code"), FAULTS)
def test_a_fault_while_scoring_is_named_too(fault: Any, code: str) -> None:
    faulty = engine(Faulty("prefill", 1, fault))
    with pytest.raises(ModelUnavailable, match=code):
        faulty.score([("The lens", " is in the harbor, and the harbor is in the fog.")])
    assert len(faulty.score([("The lens", " is")])) == 1


def test_a_fault_of_jobs_that_were_cancelled_is_not_told_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two texts end in one step, and the second one's fault waits behind the first."""
    ends = iter([(), RuntimeError("gone")])

    def trace(*given: Any) -> Any:
        found = next(ends, ())
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(scheduler, "trace", trace)
    faulty = engine()
    for record in ("first", "second"):
        faulty.submit(Job(record, "k", "", "Is it so? ", {"type": "boolean"}))
    assert [job.record for job, _ in faulty.poll()] == ["first"]
    assert faulty._failure is not None
    faulty.cancel()
    assert faulty.poll() == []
    assert len(list(faulty.stream(jobs()))) == len(jobs())


def test_a_cancelled_engine_returns_what_was_finished_and_nothing_else(clean: tuple[Done, dict[str, int]]) -> None:
    expected, steps = clean
    for after in (1, *strikes(steps)[1:]):
        some = engine()
        for job in jobs():
            some.submit(job)
        while len(some.sessions[0].decodes) < after:  # type: ignore[attr-defined]
            some.schedulers[0].step()
        some.cancel()
        done, error = deliver(some)
        assert error is None
        assert done == {record: expected[record] for record, step in steps.items() if step < after}


def test_memory_that_the_system_does_not_give_says_how_much_it_was() -> None:
    faulty = engine(Faulty("resize", 0, no_memory), batch_size=3)
    faulty.submit(jobs()[0])
    with pytest.raises(ModelUnavailable, match=r"GG862 .* no memory for 3 rows of 640 tokens \(0\.00 GB\); choose"):
        faulty.poll()
    faulty.submit(jobs()[0])
    assert len(faulty.poll()) == 1


def test_a_provider_that_fails_says_its_reason_in_one_line() -> None:
    faulty = engine(Faulty("decode", 0, removed))
    faulty.submit(jobs()[0])
    with pytest.raises(ModelUnavailable) as error:
        faulty.poll()
    assert "'cpu' failed while it ran: DXGI_ERROR_DEVICE_REMOVED;" in str(error.value)
    assert "\n" not in str(error.value)
    assert isinstance(error.value.__cause__, RuntimeError)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model_folder(tmp_path_factory.mktemp("models") / "tiny", "rewritten")


def test_numbers_that_are_none_in_a_real_graph_are_found(folder: Path) -> None:
    real = open_engine(folder, threads=1)
    list(real.stream(jobs()[:2]))
    session = real.sessions[0]
    assert isinstance(session, InPlaceSession)
    for job in jobs():
        real.submit(job)
    real.schedulers[0].step()
    for (buffer,) in session._buffers:
        buffer[:] = np.nan
    with pytest.raises(ModelUnavailable, match="GG860"):
        while real.pending:
            real.poll()


def test_a_run_that_onnx_runtime_refuses_is_the_providers_failure(folder: Path) -> None:
    real = open_engine(folder, threads=1)
    list(real.stream(jobs()[:2]))
    real.sessions[0]._outputs = ["no such output"]  # type: ignore[attr-defined]
    real.submit(jobs()[0])
    with pytest.raises(ModelUnavailable, match=r"GG861 the execution provider 'cpu' failed while it ran: .*no such"):
        real.poll()


def damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    half = len(content) // 2
    if how == "missing":
        path.unlink()
    elif how == "truncated":
        path.write_bytes(content[:half])
    else:
        path.write_bytes(content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :])


@pytest.mark.parametrize("how", ["missing", "truncated", "altered"])
@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_file_that_is_not_what_was_stored_is_named(name: str, how: str, tmp_path: Path) -> None:
    path = write_model_folder(tmp_path / "tiny", "rewritten") / name
    damage(path, how)
    with pytest.raises(ModelUnavailable, match=rf"{re.escape(str(path))}: GG802 "):
        open_engine(tmp_path / "tiny")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"contract": 1}'])
def test_a_manifest_that_cannot_be_read_is_named(content: str, tmp_path: Path) -> None:
    path = write_model_folder(tmp_path / "tiny", "rewritten") / "manifest.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ModelUnavailable, match=r"manifest\.json: GG802 "):
        open_engine(tmp_path / "tiny")


@pytest.mark.parametrize(
    ("form", "other", "missing"),
    [
        ("rewritten", "plain", "logits_index, seqlens_k, total_sequence_length"),
        ("plain", "rewritten", "attention_mask"),
    ],
)
def test_a_graph_without_the_expected_inputs_is_named_with_what_it_lacks(
    form: Any, other: Any, missing: str, tmp_path: Path
) -> None:
    path = write_model_folder(tmp_path / "tiny", form)
    graph = write_model_folder(tmp_path / "other", other) / "model.onnx"
    (path / "model.onnx").write_bytes(graph.read_bytes())
    seal(path)
    with pytest.raises(ModelUnavailable, match=rf"GG856 .* expected a {form} decoder graph, found none of {missing};"):
        open_engine(path)


def test_a_graph_without_logits_is_named_with_what_it_lacks(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    path = write_model_folder(tmp_path / "tiny", "rewritten")
    graph = onnx.load(str(path / "model.onnx"))
    graph.graph.node[-1].output[0] = graph.graph.output[0].name = "scores"
    onnx.save(graph, str(path / "model.onnx"))
    seal(path)
    with pytest.raises(ModelUnavailable, match=r"GG856 .* found none of logits;"):
        open_engine(path)


def seal(folder: Path) -> None:
    """Let the manifest say that the folder's files are as they were stored."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"] = {
        name: {"size": entry.size, "sha256": entry.sha256} for name, entry in folder_entries(folder).items()
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def with_more_tokens() -> str:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(tokenizer_json())
    tokenizer.add_tokens([f"<more{i}>" for i in range(700 - tokenizer.get_vocab_size())])
    return str(tokenizer.to_str())


def with_a_gap() -> str:
    document = json.loads(byte_level())
    document["added_tokens"][0]["id"] = document["model"]["vocab"]["<|end|>"] = 5000
    return json.dumps(document)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (lambda: "{", "it cannot be read"),
        (lambda: "{}", "it cannot be read"),
        (lambda: "", "it cannot be read"),
        (with_more_tokens, f"it has 700 tokens, the graph has logits for {VOCABULARY}"),
        (with_a_gap, f"it has 5001 tokens, the graph has logits for {VOCABULARY}"),
        (lambda: byte_level(decoder={"type": "WordPiece", "prefix": "##", "cleanup": True}), "decoder type"),
    ],
)
def test_a_tokenizer_that_does_not_fit_is_named(content: Callable[[], str], problem: str, tmp_path: Path) -> None:
    path = write_model_folder(tmp_path / "tiny", "rewritten")
    (path / "tokenizer.json").write_text(content(), encoding="utf-8")
    seal(path)
    with pytest.raises(ModelUnavailable, match=rf"tokenizer\.json: GG858 the tokenizer does not fit.*{problem}"):
        open_engine(path)


@pytest.mark.parametrize("tokens", [{"eos": (0, VOCABULARY)}, {"prefix": (5000,)}, {"eos": (-1,)}])
def test_a_token_of_the_manifest_that_the_graph_does_not_have_is_named(tokens: Any, tmp_path: Path) -> None:
    path = write_model_folder(tmp_path / "tiny", "rewritten", **tokens)
    (number,) = [one for one in next(iter(tokens.values())) if one]
    with pytest.raises(ModelUnavailable, match=f"GG858 .*token {number} of the manifest has no logits"):
        open_engine(path)


def test_memory_too_small_for_the_asked_batch_says_what_fits(folder: Path) -> None:
    for memory in (2_000_000, 5_000_000, 20_000_000):
        with pytest.raises(ModelUnavailable, match=r"GG862 500 rows of 256 tokens need 0\.\d+ GB") as error:
            open_engine(folder, batch_size=500, memory=memory)
        fitting = re.search(r"a batch size of (\d+) fits", str(error.value))
        assert fitting is not None
        open_engine(folder, batch_size=int(fitting[1]), memory=memory)
        with pytest.raises(ModelUnavailable, match=f"GG862 .*a batch size of {fitting[1]} fits"):
            open_engine(folder, batch_size=int(fitting[1]) + 1, memory=memory)


def test_memory_too_small_for_one_row_asks_for_more(folder: Path) -> None:
    for batch_size in (None, 1):
        with pytest.raises(ModelUnavailable, match=r"GG862 1 rows? of 256 tokens .*; raise the memory"):
            open_engine(folder, batch_size=batch_size, memory=1000)


def test_without_an_asked_batch_as_many_rows_run_as_fit(folder: Path) -> None:
    few = open_engine(folder, memory=1_000_000)
    assert len(list(few.stream(jobs()))) == len(jobs())
    assert 1 < len(few.schedulers[0]._rows) < 16


@pytest.mark.parametrize("provider", ["cuda", "dml"])
def test_a_missing_provider_is_named(provider: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "available_devices", lambda: ["cpu"])
    with pytest.raises(ModelUnavailable, match=f"GG853 .*'{provider}' is not installed"):
        open_engine(folder, provider=provider)


REFUSED = [
    (Job("r", "k", "", 'x: "', TEXT, Sampling(top_p=0)), UsageError, "GG005"),
    (Job("r", "k", "", 'x: "', TEXT, Sampling(temperature=-1)), UsageError, "GG005"),
    (Job("r", "k", "", 'x: "', {**TEXT, "x-gamegen": {"repetition_penalty": 0.5}}), GamegenError, "GG005|GG102"),
    (Job("r", "k", "the tide " * 600, 'x: "', TEXT), ModelUnavailable, "GG850 the request for k of r needs"),
    (Job("r", "k", "", 'x: "', {**TEXT, "maxLength": 9000}), ModelUnavailable, "GG850 .* for the bounds of its schema"),
    (Job("r", "k", "", 'x: "', TEXT, max_tokens=5), SchemaFault, "GG859 expected bounds that 5 tokens can hold"),
    (Job("r", "k", "", 'x: "', TEXT, opening="x" * 31), SchemaFault, "GG85[12]"),
    (Job("r", "k", "", 'x: "', {"type": "string", "minLength": 5, "maxLength": 2}), SchemaFault, "GG851"),
    (Job("r", "k", "", 'x: "', {"type": "array", "uniqueItems": True}), SchemaFault, "GG102"),
]


@pytest.mark.parametrize(("job", "kind", "message"), REFUSED)
def test_what_cannot_be_run_is_refused_before_decoding(
    job: Job, kind: type[GamegenError], message: str, clean: tuple[Done, dict[str, int]]
) -> None:
    some = engine(context=600)
    for each in jobs():
        some.submit(each)
    pending = some.pending
    with pytest.raises(kind, match=message):
        some.submit(job)
    assert some.pending == pending
    assert deliver(some) == (clean[0], None)
