"""What `gamegen bench` found, as frozen values (docs/bench.md says what each figure means)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from gamegen.machine import Machine
from gamegen.records import JSON


@dataclass(frozen=True, slots=True)
class Shares:
    """Parts of the wall time, which sum to 1. model: inside ONNX Runtime; python: all that is none of the others."""

    model: float
    grammar: float
    sampling: float
    python: float

    @classmethod
    def of(cls, before: Mapping[str, float], after: Mapping[str, float], wall: float) -> Shares:
        """From two readings of `OnnxEngine.seconds` that lie `wall` seconds apart."""
        model, grammar, sampling = ((after[name] - before[name]) / wall for name in ("model", "grammar", "sampling"))
        return cls(model, grammar, sampling, 1 - model - grammar - sampling)


@dataclass(frozen=True, slots=True)
class Setup:
    """What ran. cache: element type of keys and values. threads: of one operator, None: ONNX Runtime's own choice."""

    gamegen: str
    model: str
    sha256: str
    graph: str
    precision: str
    cache: str
    provider: str
    onnxruntime: str
    threads: int | None


@dataclass(frozen=True, slots=True)
class Load:
    """Seconds until an engine is ready, files hashed. first: imports included; again: the best of the later times."""

    first_seconds: float
    again_seconds: float


@dataclass(frozen=True, slots=True)
class Prefill:
    """Prompts that share no beginning, one after the other. tokens: of one prompt."""

    tokens: int
    raw_tokens_per_second: float
    engine_tokens_per_second: float

    @property
    def ratio(self) -> float:
        return self.engine_tokens_per_second / self.raw_tokens_per_second


@dataclass(frozen=True, slots=True)
class Decode:
    """Documents under a schema, all rows busy. rows: that memory had room for. forced: part of the engine's tokens."""

    batch_size: int
    rows: int
    raw_tokens_per_second: float
    engine_tokens_per_second: float
    forced: float
    shares: Shares

    @property
    def ratio(self) -> float:
        return self.engine_tokens_per_second / self.raw_tokens_per_second


@dataclass(frozen=True, slots=True)
class Records:
    """Whole records of one kind, from the first request to the last check. sampled: part of their characters."""

    kind: str
    candidates: int
    batch_size: int
    records: int
    seconds: float
    texts: int
    sampled: float
    shares: Shares

    @property
    def records_per_minute(self) -> float:
        return 60 * self.records / self.seconds


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of one run. peak_memory_bytes: of the whole process, None: not measured here."""

    machine: Machine
    setup: Setup
    load: Load
    prefill: Prefill
    decode: tuple[Decode, ...]
    records: tuple[Records, ...]
    peak_memory_bytes: int | None
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, JSON]:
        """Every field by its name, with the ratios and the records per minute; four significant digits."""
        document = asdict(self)
        document["prefill"]["ratio"] = self.prefill.ratio
        for row, decode in zip(document["decode"], self.decode, strict=True):
            row["ratio"] = decode.ratio
        for row, records in zip(document["records"], self.records, strict=True):
            row["records_per_minute"] = records.records_per_minute
        return {name: _rounded(value) for name, value in document.items()}


def _rounded(value: JSON) -> JSON:
    """Four significant digits of every number that is not whole."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    return [_rounded(part) for part in value] if isinstance(value, list | tuple) else value
