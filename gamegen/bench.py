"""Measures how fast records are made here, and where the time goes (docs/bench.md says what each figure means).

    report = measure(world, sizes=(1, 8))       # prints nothing
    report.as_json()

The raw graph is the very sessions that the engine holds, each driven in a bare loop by a thread of its own right after
the engine's own work, so that both see the same machine, the same weights and the same buffers. Each measure follows a
warm-up; the best counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import count, islice
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from gamegen import __version__
from gamegen.engine.api import Job
from gamegen.errors import ModelUnavailable
from gamegen.figures import Decode, Load, Prefill, Records, Report, Setup, Shares
from gamegen.machine import peak_memory, this_machine
from gamegen.records import JSON

if TYPE_CHECKING:
    from gamegen.engine.runtime import OnnxEngine
    from gamegen.engine.session import KVSession
    from gamegen.project import Project
    from gamegen.world import World

CANDIDATES = (1, 4)
SIZES = (1, 8, 32, 96)
QUICK_SIZES = (1, 8)
RECORDS = {"quest": 8, "dialogue": 4, "character": 8}
SEED = 7

PROMPT_TOKENS = 256
"""At least so many tokens has a prompt of the prefill measure."""
STEPS = 24
"""Decode steps of one measure of the raw graph, after so many of warm-up: a quarter."""
FEWEST = 3
"""Documents in a stretch, at batches smaller than that."""

SHARED = """Quests of a harbor town, each as JSON.

{"title":"Tar for the Old Light","giver":"harbor_master","summary":"The lighthouse burns tar, and the tar runs out on \
Friday. Bring two casks before the fog does.","objectives":["Buy two casks of tar at the rope yard.","Carry the casks \
past the lamp wardens."],"gold":60}
{"title":"The Watered Oil","giver":"baker","summary":"Somebody waters the lamp oil, and the bread comes out raw. Find \
out who before the market opens.","objectives":["Watch the oil store until the second bell.","Follow whoever carries \
the empty jug."],"gold":45}
"""
DOCUMENT: Mapping[str, JSON] = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "minLength": 4, "maxLength": 40, "x-gamegen": {"ends": "title"}},
        "giver": {"enum": ["blacksmith", "baker", "harbor_master"]},
        "summary": {"type": "string", "minLength": 30, "maxLength": 120, "x-gamegen": {"ends": "sentence"}},
        "objectives": {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": {"type": "string", "minLength": 12, "maxLength": 60, "x-gamegen": {"ends": "sentence"}},
        },
        "gold": {"type": "integer", "minimum": 10, "maximum": 500},
    },
    "required": ["title", "giver", "summary", "objectives", "gold"],
    "additionalProperties": False,
}
"""The constrained work of the decode measure."""

Progress = Callable[[str, int, int], None]
"""Called with what is being measured, measures done, and measures in all."""


def measure(
    world: World,
    *,
    project: Project | None = None,
    model: str | Path | None = None,
    provider: str = "auto",
    sizes: Sequence[int] | None = None,
    threads: int | None = None,
    records: int | None = None,
    quick: bool = False,
    progress: Progress = lambda what, done, total: None,
) -> Report:
    """Run every measure. Records are made at the largest batch size.

    sizes:   batch sizes of the decode measure; None: 1, 8, 32 and 96 as far as memory holds them (quick: 1 and 8).
    records: of each kind; None: 8, of dialogues 4 (quick: 1).
    quick:   each measure once, records without a warm-up.
    Raises what `open_engine` and `Session.stream` raise.
    """
    wanted = tuple(dict.fromkeys(sizes or (QUICK_SIZES if quick else SIZES)))
    model = model or (project.model if project is not None else None)
    times = 1 if quick else 2
    total = len(wanted) + 2 + times * len(RECORDS) * len(CANDIDATES)
    done = count()

    def tell(what: str) -> None:
        progress(what, next(done), total)

    opener = _Opener(model, provider, threads)
    tell("load, prefill")
    with closing(opener(wanted[0])) as engine:
        setup = _setup(engine, model, threads)
        prefill = _prefill(engine, times + 1)
        notes = [engine.notice] if engine.notice else []
    decoded: list[Decode] = []
    for size in wanted:
        tell(f"decode, batch of {size}")
        try:
            engine = opener(size)
        except ModelUnavailable as error:
            if sizes or not decoded or error.findings[0].code != "GG862":
                raise
            notes.append(f"no batch of {size}: {error.findings[0].message}")
            break
        with closing(engine):
            decoded.append(_decode(engine, size, times))
        if (rows := decoded[-1].rows) < size:
            notes.append(f"batch of {size}: memory holds {rows} rows of the documents' length")
    largest = max(each.batch_size for each in decoded)
    numbers = {kind: records or (1 if quick else usual) for kind, usual in RECORDS.items()}
    runs: dict[tuple[str, int], Records] = {}
    for _ in range(times):
        # A new engine each time: in the same one, the prompts of the time before would be found in its prefix tree.
        with closing(opener(largest)) as engine:
            for run in _every_kind(engine, project, world, numbers, largest, warm_up=not quick, tell=tell):
                best = runs.setdefault((run.kind, run.candidates), run)
                runs[run.kind, run.candidates] = min(best, run, key=lambda each: each.seconds)
    tell("calibration")
    return Report(
        this_machine(),
        setup,
        Load(opener.seconds[0], min(opener.seconds[1:])),
        prefill,
        tuple(decoded),
        tuple(runs.values()),
        peak_memory(),
        tuple(notes),
    )


class _Opener:
    """Opens engines, and keeps how many seconds each took."""

    def __init__(self, model: str | Path | None, provider: str, threads: int | None) -> None:
        self.options = (model, provider, threads)
        self.seconds: list[float] = []

    def __call__(self, size: int) -> OnnxEngine:
        start = perf_counter()
        from gamegen.engine.runtime import open_engine  # its imports are part of the first load

        model, provider, threads = self.options
        engine = open_engine(model, provider=provider, batch_size=size, threads=threads)
        self.seconds.append(perf_counter() - start)
        return engine


def _prefill(engine: OnnxEngine, times: int) -> Prefill:
    """The engine cuts a prompt into pages and keeps them; the raw graph takes it in the largest chunks."""
    text = "".join(f"{SHARED}\n" for _ in range(-(-PROMPT_TOKENS // engine.count_tokens(SHARED))))
    # The number stands at the beginning, so that not even the first page is found in the tree of prefixes.
    prompts = [f"{number:03d}\n{text}" for number in range(times + 1)]
    lengths = [engine.count_tokens(prompt) for prompt in prompts]
    engine.score([(prompts[0], "")])
    session = engine.sessions[0]
    whole, bare = [], []
    for prompt, length in zip(prompts[1:], lengths[1:], strict=True):
        start = perf_counter()
        engine.score([(prompt, "")])
        whole.append(length / (perf_counter() - start))
        start = perf_counter()
        session.prefill(session.rows, _tokens(session, length), 0)
        bare.append(length / (perf_counter() - start))
    return Prefill(lengths[-1], max(bare), max(whole))


def _decode(engine: OnnxEngine, size: int, times: int) -> Decode:
    """Documents while every row is busy, then the raw graph over rows of the same lengths."""
    speed, forced, length, shares = _engine_decode(engine, size, times)
    start = max(1, engine.count_tokens(SHARED) + (length - STEPS) // 2)
    with ThreadPoolExecutor(len(engine.sessions)) as pool:
        raw = max(sum(pool.map(partial(_raw_decode, length=start), engine.sessions)) for _ in range(times))
    return Decode(size, sum(session.rows for session in engine.sessions), raw, speed, forced, shares)


def _engine_decode(engine: OnnxEngine, size: int, times: int) -> tuple[float, float, int, Shares]:
    """The best of some stretches of one run: tokens per second, the forced part, tokens of a document, shares.

    A stretch begins and ends with a finished document, in the middle of the others: about as many tokens of unfinished
    ones fall out of it at its end as into it at its start.
    """
    jobs = (Job(f"bench_{number}", "document", SHARED, "", DOCUMENT, seed=SEED) for number in count())
    completions = (each for _, found in engine.stream(jobs) for each in found)
    for _ in islice(completions, size):
        pass
    stretches = []
    for _ in range(times):
        before, start = engine.seconds, perf_counter()
        part = list(islice(completions, max(size, FEWEST)))
        wall = perf_counter() - start
        tokens = sum(len(each.trace) for each in part)
        forced = 1 - sum(each.tokens for each in part) / tokens
        stretches.append((tokens / wall, forced, tokens // len(part), Shares.of(before, engine.seconds, wall)))
    engine.cancel()
    return max(stretches, key=lambda stretch: stretch[0])


def _raw_decode(session: KVSession, length: int) -> float:
    """Tokens per second of decode steps over all rows, from `length` tokens on; logits for each."""
    slots = range(session.rows)
    session.prefill(session.rows, _tokens(session, length), 0)
    for slot in slots:
        session.copy(session.rows, slot, length)
    ids = _tokens(session, len(slots))
    for _ in range(STEPS // 4):
        session.decode(slots, ids, slots)
    start = perf_counter()
    for _ in range(STEPS):
        session.decode(slots, ids, slots)
    return STEPS * len(slots) / (perf_counter() - start)


def _every_kind(
    engine: OnnxEngine,
    project: Project | None,
    world: World,
    numbers: Mapping[str, int],
    size: int,
    warm_up: bool,
    tell: Callable[[str], None],
) -> Iterator[Records]:
    """Records of each kind with each number of candidates. Every run has a seed, and so prompts, of its own."""
    from gamegen.session import Session
    from gamegen.shares import shares

    for kind, number in numbers.items():
        if warm_up:
            list(Session(engine=engine, project=project, candidates=1).stream(kind, world=world, seed=SEED))
        for seed, candidates in enumerate(CANDIDATES, SEED + 1):
            tell(f"{kind}, candidates: {candidates}")
            session = Session(engine=engine, project=project, candidates=candidates)
            before, start = engine.seconds, perf_counter()
            made = list(session.stream(kind, world=world, count=number, seed=seed))
            wall = perf_counter() - start
            text = shares(record.data for record in made)
            parts = Shares.of(before, engine.seconds, wall)
            yield Records(kind, candidates, size, number, wall, text.texts, text.sampled_share, parts)


def _tokens(session: KVSession, count: int) -> list[int]:
    """Any tokens will do: how long a step takes does not depend on them."""
    return [(100 + 7 * place) % session.vocabulary for place in range(count)]


def _setup(engine: OnnxEngine, model: str | Path | None, threads: int | None) -> Setup:
    import onnxruntime

    from gamegen.engine.manifest import DEFAULT_ID, MANIFEST, read_folder
    from gamegen.engine.models import cache_folder

    folder = Path(model or DEFAULT_ID)
    manifest = read_folder(folder if (folder / MANIFEST).is_file() else cache_folder() / folder).manifest
    return Setup(
        __version__,
        engine.info.model,
        engine.info.sha256,
        manifest.graph,
        manifest.precision,
        str(getattr(engine.sessions[0], "dtype", "float32")),
        engine.info.provider,
        onnxruntime.__version__,
        threads,
    )
