"""How fast the engine writes, and in how much memory, beside the same work on optimum's own graph in the same run.

    python benchmarks/engine.py [--batch-sizes 1 8 32] [--plain FOLDER] [--jobs 24]

FOLDER holds the default model as optimum exports it (model.onnx); without it, the model is exported again. Figures of
different runs cannot be compared, only their ratios. Peak memory is the process's, so the plain graph runs last.
"""

from __future__ import annotations

import argparse
import dataclasses
import shutil
import sys
import tempfile
import time
from pathlib import Path

from gamegen.engine import export, sources
from gamegen.engine.api import Completion, Job
from gamegen.engine.manifest import folder_entries, write_manifest
from gamegen.engine.models import find_model
from gamegen.engine.runtime import OnnxEngine, open_engine

SHARED = """People of a harbor town, what they must say, and how they say it.

Must say: the ferries stop at dusk.
Harbor master (weary, polite): "Last boat leaves at dusk, friend. After that you swim, or you wait for the morning."

Must say: the lens was sold.
Blacksmith (gruff, dry): "They sold the lens for coin. Iron I can mend, that I cannot."

Must say: the guild wants the forge.
Baker (warm, gossiping): "The guild wants the forge, love, and they never ask for a thing twice."

"""
MUSTS = ("the well is dry", "a key was lost", "the fog hides ships", "the bell rang twice", "the price of oil went up")
LINE = {"type": "string", "minLength": 20, "maxLength": 140}
SHEET = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "minLength": 4, "maxLength": 40, "x-gamegen": {"ends": "title"}},
        "giver": {"enum": ["blacksmith", "baker", "harbor_master"]},
        "summary": {"type": "string", "minLength": 20, "maxLength": 120, "x-gamegen": {"ends": "sentence"}},
        "reward": {"type": "integer", "minimum": 10, "maximum": 500},
    },
    "required": ["title", "giver", "summary", "reward"],
    "additionalProperties": False,
}


def jobs(count: int) -> list[Job]:
    """Lines with eight candidates each, and a document after every fourth."""
    result = []
    for i in range(count):
        prompt = f'Must say: {MUSTS[i % len(MUSTS)]}.\nFisher {i} (slow, kind): "'
        result.append(Job(f"line_{i}", "text", SHARED, prompt, LINE, candidates=8, seed=i))
        if i % 4 == 3:
            result.append(Job(f"quest_{i}", "document", SHARED, "A quest, as JSON: ", SHEET, candidates=2, seed=i))
    return result


def run(engine: OnnxEngine, work: list[Job]) -> tuple[float, list[Completion]]:
    """Seconds, and every completion in the order of the jobs."""
    start = time.perf_counter()
    for job in work:
        engine.submit(job)
    found: dict[str, tuple[Completion, ...]] = {}
    while engine.pending:
        found |= {job.record: completions for job, completions in engine.poll()}
    return time.perf_counter() - start, [completion for job in work for completion in found[job.record]]


def peak_gigabytes() -> float:
    """Peak resident memory of this process (0 where the system does not tell)."""
    if sys.platform == "win32":
        return 0.0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e9 if sys.platform == "darwin" else 1e6)


def plain_folder(exported: Path | None, work: Path) -> Path:
    """A model folder around optimum's own graph of the default model."""
    cached = find_model()
    if exported is None:
        exported = work / "exported"
        exported.mkdir()
        gguf = sources.fetch_default(work)
        export.export(export.load(gguf.parent, gguf.name), exported)
    folder = work / "plain"
    folder.mkdir()
    for file in exported.glob("model.onnx*"):
        shutil.copyfile(file, folder / file.name)
    shutil.copyfile(cached.tokenizer, folder / cached.tokenizer.name)
    manifest = dataclasses.replace(cached.manifest, id="plain", graph="plain", precision="fp32")
    write_manifest(folder, dataclasses.replace(manifest, files=folder_entries(folder)))
    return folder


def measure(name: str, model: Path | None, batch_size: int, work: list[Job]) -> tuple[float, list[Completion]]:
    """Tokens per second; prints a line."""
    engine = open_engine(model, provider="cpu", batch_size=batch_size)
    seconds, completions = run(engine, work)
    engine.close()
    sampled = sum(completion.tokens for completion in completions)
    print(
        f"{name:10} B={batch_size:<3} {seconds:7.1f} s  {len(completions) / seconds:6.2f} texts/s"
        f"  {sampled / seconds:6.1f} sampled tokens/s  peak {peak_gigabytes():.2f} GB"
    )
    return sampled / seconds, completions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--jobs", type=int, default=24)
    parser.add_argument("--plain", type=Path)
    options = parser.parse_args()
    work = jobs(options.jobs)
    # One row at a time is slow: it shows its speed, and its bytes, on a part of the work.
    found = {size: measure("rewritten", None, size, work if size > 4 else work[:4]) for size in options.batch_sizes}
    texts = [completions for _, completions in found.values()]
    common = min(map(len, texts))
    same = all(part[:common] == texts[0][:common] for part in texts)
    print(f"the same bytes at every batch size: {'yes' if same else 'NO'}")
    with tempfile.TemporaryDirectory() as folder:
        size = max(options.batch_sizes)
        speed, _ = measure("plain", plain_folder(options.plain, Path(folder)), size, work[: max(1, options.jobs // 2)])
    print(f"rewritten : plain at B={size}: {found[size][0] / speed:.2f}")


if __name__ == "__main__":
    main()
