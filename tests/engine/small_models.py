"""Tokenizers and models small enough to be made inside a test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gamegen.engine.manifest import Manifest, ModelFolder, Source, folder_entries, write_manifest
from gamegen.engine.tokenizer import byte_map

EOS = 259


def byte_level(**changes: Any) -> str:
    """A byte-level tokenizer.json: 256 bytes, " t", "he", " the", and <|end|> (id 259)."""
    characters = sorted(byte_map(), key=byte_map().__getitem__)
    document: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(EOS, "<|end|>")],
        "normalizer": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "vocab": {c: i for i, c in enumerate(characters)} | {"Ġt": 256, "he": 257, "Ġthe": 258, "<|end|>": EOS},
            "merges": [["Ġ", "t"], ["h", "e"], ["Ġt", "he"]],
        },
    }
    return json.dumps(document | changes)


def sentencepiece() -> str:
    """A tokenizer.json of the Llama 2 kind: unknown, start, end, 256 byte tokens, and a few pieces."""
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "a", "▁a", "é", "▁▁"]
    document = {
        "version": "1.0",
        "added_tokens": [_added(0, "<unk>"), _added(1, "<s>"), _added(2, "</s>")],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Prepend", "prepend": "▁"},
                {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
            ],
        },
        "pre_tokenizer": None,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}},
        },
        "decoder": {
            "type": "Sequence",
            "decoders": [
                {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
                {"type": "Strip", "content": " ", "start": 1, "stop": 0},
            ],
        },
        "model": {
            "type": "BPE",
            "unk_token": "<unk>",
            "byte_fallback": True,
            "vocab": {piece: index for index, piece in enumerate(pieces)},
            "merges": [["▁", "a"], ["▁", "▁"]],
        },
    }
    return json.dumps(document)


def store(folder: Path, name: str = "tiny", **changes: Any) -> ModelFolder:
    """A model folder whose graph is a few bytes: whole as far as the cache can tell."""
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(bytes(range(256)) * 40)
    (folder / "tokenizer.json").write_text(byte_level(), encoding="utf-8")
    values: dict[str, Any] = {
        "id": name,
        "source": Source("folder", "tiny", "00"),
        "licence": "Apache-2.0",
        "precision": "fp32",
        "graph": "rewritten",
        "architecture": "llama",
        "layers": 2,
        "kv_heads": 2,
        "head_dim": 16,
        "vocab": 320,
        "context_length": 256,
        "eos": (EOS,),
        "prefix": (),
        "verification": {"tokens_checked": 260},
        "files": folder_entries(folder),
    }
    manifest = Manifest(**(values | changes))
    write_manifest(folder, manifest)
    return ModelFolder(folder, manifest)


def save_transformers_folder(folder: Path, architecture: str = "Llama", **changes: Any) -> Path:
    """A random two-layer model of transformers with the byte-level tokenizer above; needs torch."""
    import torch
    import transformers

    sizes: dict[str, Any] = {
        "vocab_size": 320,
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 256,
        "eos_token_id": EOS,
        "bos_token_id": None,
        "pad_token_id": None,
    }
    config = getattr(transformers, f"{architecture}Config")(**(sizes | changes))
    torch.manual_seed(7)
    model = transformers.AutoModelForCausalLM.from_config(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2 if parameter.dim() > 1 else 0.5)
    model.save_pretrained(folder)
    (folder / "tokenizer.json").write_text(byte_level(), encoding="utf-8")
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|end|>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


def export_small(folder: Path, architecture: str = "Llama", **changes: Any) -> Path:
    """The graph that optimum makes of such a model."""
    from gamegen.engine.export import export, load

    export(load(save_transformers_folder(folder / "weights", architecture, **changes)), folder / "onnx")
    return folder / "onnx" / "model.onnx"


LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}
LONG = {"type": "longrope", "short_factor": [1.0] * 8, "long_factor": [4.0] * 8}
GEMMA = {"head_dim": 32, "sliding_window": 24, "query_pre_attn_scalar": 24, "hidden_activation": "gelu_pytorch_tanh"}

ARCHITECTURES: dict[str, tuple[str, dict[str, Any]]] = {
    "Llama": ("Llama", {}),
    "Llama, every head its own keys": ("Llama", {"num_key_value_heads": 4}),
    "Llama, biased": ("Llama", {"attention_bias": True}),
    "Llama 3, scaled rotary": ("Llama", {"rope_scaling": LLAMA3}),
    "Llama, YaRN": ("Llama", {"rope_scaling": YARN}),
    "SmolLM": ("Llama", {"tie_word_embeddings": True}),
    "Mistral": ("Mistral", {"sliding_window": None}),
    "Mistral, windowed": ("Mistral", {"sliding_window": 24}),
    "Qwen 2": ("Qwen2", {}),
    "Qwen 2, windowed from a layer on": (
        "Qwen2",
        {"use_sliding_window": True, "sliding_window": 24, "max_window_layers": 1},
    ),
    "Qwen 3": ("Qwen3", {"head_dim": 32}),
    "Gemma 3": ("Gemma3Text", GEMMA | {"layer_types": ["sliding_attention", "full_attention"]}),
    "Gemma 3, capped logits": ("Gemma3Text", GEMMA | {"final_logit_softcapping": 5.0}),
    "Phi-3": ("Phi3", {"sliding_window": None}),
    "Phi-3, windowed": ("Phi3", {"sliding_window": 24}),
    "Phi-3, half rotated": ("Phi3", {"head_dim": 32, "num_attention_heads": 2, "partial_rotary_factor": 0.5}),
    "Phi-3, longrope": ("Phi3", {"original_max_position_embeddings": 64, "rope_scaling": LONG}),
}
"""Architectures that the rewrite takes: the name in transformers, and what differs from `save_transformers_folder`."""


def _added(index: int, content: str) -> dict[str, Any]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": index, "content": content, **flags, "special": True}


__all__ = [
    "ARCHITECTURES",
    "EOS",
    "byte_level",
    "export_small",
    "save_transformers_folder",
    "sentencepiece",
    "store",
]
