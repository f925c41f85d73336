"""Makes what the peers need, below build/peers: an environment for each, and the one model in each one's format.

All start from the default model's GGUF. Versions are pinned, so that figures of different days speak of the same code.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "peers"
LOGS = BUILD / "logs"
MODEL = BUILD / "model"

REQUIREMENTS: dict[str, tuple[str, ...]] = {
    # Compiled from its source where the index has no wheel: some minutes, with the instructions of this machine's CPU.
    "llama": ("llama-cpp-python==0.3.36",),
    # optimum-onnx 0.1.0 requires transformers < 4.58. torch is pinned exactly: pip then takes a CPU build where the
    # index has one. The newest outlines; llguidance is one of its optional backends, at the version that gamegen has.
    "outlines": (
        "outlines==1.3.3",
        "optimum==2.1.0",
        "optimum-onnx==0.1.0",
        "transformers==4.57.6",
        "torch==2.13.0",
        "onnxruntime==1.32.0",
        "llguidance==1.9.1",
    ),
    # Its model builder imports transformers 5, which optimum-onnx cannot live with: an environment of its own.
    "genai": (
        "onnxruntime-genai==0.18.0",
        "onnxruntime==1.32.0",
        "onnx-ir==1.1.0",
        "transformers==5.24.0",
        "torch==2.13.0",
    ),
}
PRECISIONS = {"genai": "int4", "genai_int8": "int8"}
"""The graphs that genai's model builder makes, by the name of their side."""


def python(name: str) -> Path:
    """The interpreter of a peer's environment; gamegen's is the one that runs this."""
    if name == "gamegen":
        return Path(sys.executable)
    folder = BUILD / name
    return folder / "Scripts" / "python.exe" if sys.platform == "win32" else folder / "bin" / "python"


def build(name: str) -> None:
    """Make a peer's environment, unless it stands with these very requirements. Raises CalledProcessError."""
    folder = BUILD / name
    mark = folder / "requirements.json"
    wanted = json.dumps(REQUIREMENTS[name])
    if mark.is_file() and mark.read_text(encoding="utf-8") == wanted:
        return
    print(f"making the environment of {name} ...", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    call(f"build_{name}", sys.executable, "-m", "venv", str(folder))
    call(f"build_{name}", str(python(name)), "-m", "pip", "install", *REQUIREMENTS[name])
    mark.write_text(wanted, encoding="utf-8")


def prepare(names: set[str]) -> dict[str, str]:
    """The paths of the model in each format; what is missing is made. Raises CalledProcessError."""
    if not (MODEL / "done").is_file():
        print("exporting the model ...", flush=True)
        shutil.rmtree(MODEL, ignore_errors=True)
        call("model", sys.executable, "-m", "benchmarks.peers.model", str(MODEL))
        (MODEL / "done").touch()
    paths = {}
    for name, precision in PRECISIONS.items():
        folder = paths[name] = MODEL / name
        if name in names and not (folder / "done").is_file():
            print(f"building the model of {name} ...", flush=True)
            shutil.rmtree(folder, ignore_errors=True)
            # Products in 8 bits: the builder's own choice for CPUs.
            command = ["-m", "onnxruntime_genai.models.builder", "-i", str(MODEL / "torch"), "-o", str(folder)]
            command += ["-p", precision, "-e", "cpu", "-c", str(MODEL / "cache"), "--extra_options", "accuracy_level=4"]
            call(f"model_{name}", str(python("genai")), *command)
            # The builder writes the tokenizer anew: put the mended one back.
            shutil.copyfile(MODEL / "torch" / "tokenizer.json", folder / "tokenizer.json")
            (folder / "done").touch()
    gguf = next(MODEL.glob("*.gguf"))
    return {"gguf": str(gguf), "exported": str(MODEL / "exported")} | {name: str(path) for name, path in paths.items()}


def call(log: str, *command: str) -> None:
    """Run a command, what it says into a log. Raises CalledProcessError, and shows the log's end, when it fails."""
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{log}.log"
    with path.open("a", encoding="utf-8") as stream:
        done = subprocess.run(command, cwd=ROOT, stdout=stream, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        print(tail(path), file=sys.stderr)
        raise subprocess.CalledProcessError(done.returncode, command)


def tail(path: Path, lines: int = 20) -> str:
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
