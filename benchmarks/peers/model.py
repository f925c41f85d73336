"""Writes the default model for the peers: its GGUF, a float32 transformers folder, and optimum's export of that.

    python -m benchmarks.peers.model FOLDER

The tokenizer that transformers reads from this GGUF has a wrong decoder and takes `<|im_start|>` for the end of a
text; grammar libraries believe both. Every peer gets the mended one. Runs in a process of its own: torch is large.
"""

from __future__ import annotations

import sys
from pathlib import Path

from gamegen.engine import export, sources
from gamegen.engine.tokenizer import mend

END_OF_TURN = "<|im_end|>"


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    gguf = sources.fetch_default(folder)
    weights = export.load(gguf.parent, gguf.name)
    tokenizer = weights.tokenizer
    tokenizer.eos_token = tokenizer.pad_token = END_OF_TURN
    tokenizer.add_bos_token = False  # the GGUF says so: the prompt begins with its own token
    mended = mend(tokenizer.backend_tokenizer.to_str(), weights.add_prefix).text
    export.export(weights, folder / "exported")
    weights.model.save_pretrained(folder / "torch")
    tokenizer.save_pretrained(folder / "torch")
    for name in ("exported", "torch"):
        (folder / name / "tokenizer.json").write_text(mended, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
