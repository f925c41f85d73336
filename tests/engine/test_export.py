"""From weights to a model folder, and every way it can go wrong."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gamegen.engine import export, precision, preparation
from gamegen.engine.manifest import ModelFolder
from gamegen.engine.models import add_model, find_model
from gamegen.errors import ModelUnavailable
from tests.engine.small_models import EOS, byte_level, save_transformers_folder

onnx = pytest.importorskip("onnx")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAMEGEN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "models"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_transformers_folder(tmp_path_factory.mktemp("folder") / "small")


@pytest.fixture(scope="module")
def exported(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small model as optimum exports it."""
    folder = tmp_path_factory.mktemp("exported") / "small-onnx"
    folder.mkdir()
    export.export(export.load(weights), folder)
    return folder


def code(error: pytest.ExceptionInfo[ModelUnavailable]) -> str:
    return error.value.findings[0].code


@pytest.mark.model
def test_a_transformers_folder_becomes_a_proven_model(
    weights: Path, own_cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stages: list[str] = []
    added = add_model(weights, progress=lambda stage, done, total: stages.append(stage))
    assert find_model("small") == added
    assert capfd.readouterr() == ("", "")
    assert list(dict.fromkeys(stages)) == ["load", "export", "verify", "rewrite", "quantize", "store"]
    manifest = added.manifest
    assert (manifest.graph, manifest.precision, manifest.architecture) == ("rewritten", "int8", "llama")
    assert (manifest.layers, manifest.kv_heads, manifest.head_dim, manifest.vocab) == (2, 2, 16, 320)
    assert (manifest.context_length, manifest.eos, manifest.prefix) == (256, (EOS,), ())
    assert manifest.source.kind == "folder"
    assert len(manifest.source.sha256) == 64
    assert manifest.verification["onnx_to_torch"] < 1e-5
    assert manifest.verification["tokens_checked"] == 260
    assert manifest.versions["optimum"]
    assert sorted(path.name for path in own_cache.iterdir()) == [".small.lock", "small"]


@pytest.mark.model
def test_float32_is_kept_when_asked_for(weights: Path) -> None:
    manifest = add_model(weights, precision="fp32").manifest
    assert manifest.precision == "fp32"
    assert "divergence_from_fp32" not in manifest.verification


@pytest.mark.model
def test_the_same_weights_give_the_same_files(weights: Path) -> None:
    first = add_model(weights)
    assert add_model(weights, force=True).manifest.files == first.manifest.files


@pytest.mark.model
def test_an_exported_folder_needs_no_torch(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("torch", "transformers", "optimum"):
        monkeypatch.setitem(sys.modules, package, None)
    manifest = add_model(exported).manifest
    assert (manifest.graph, manifest.source.kind, manifest.source.ref) == ("rewritten", "onnx", "small-onnx")
    assert "onnx_to_torch" not in manifest.verification


@pytest.mark.model
def test_without_onnx_an_exported_folder_stays_plain_and_says_so(
    exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    manifest = add_model(exported).manifest
    assert (manifest.graph, manifest.precision) == ("plain", "fp32")
    assert any("onnx is not installed" in note for note in manifest.notes)


@pytest.mark.model
def test_a_structure_the_rewrite_does_not_know_stays_plain_and_says_so(tmp_path: Path) -> None:
    source = save_transformers_folder(tmp_path / "gpt", "GPT2", n_embd=64, n_layer=2, n_head=4)
    manifest = add_model(source).manifest
    assert (manifest.graph, manifest.precision, manifest.context_length) == ("plain", "int8", 256)
    assert any(note.startswith("plain graph, slower: expected Add") for note in manifest.notes)


@pytest.mark.model
def test_a_rewrite_that_differs_is_not_accepted(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(model: Any, context: int) -> Any:
        result = rewrite(model, context)
        for tensor in result.graph.initializer:
            if tensor.name == "cos_cache":
                array = onnx.numpy_helper.to_array(tensor)
                tensor.CopyFrom(onnx.numpy_helper.from_array(np.roll(array, 1, axis=0), tensor.name))
        return result

    rewrite = preparation.rewrite
    monkeypatch.setattr(preparation, "rewrite", wrong)
    manifest = add_model(exported, precision="fp32").manifest
    assert manifest.graph == "plain"
    assert any("its logits differ by" in note for note in manifest.notes)


@pytest.mark.model
@pytest.mark.parametrize(("bits", "message"), [("int8", "the precision int8"), ("int4", "the precision int4")])
def test_fewer_bits_that_are_too_rough_are_not_taken(
    bits: Any, message: str, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparation, "CLOSE", none := dict.fromkeys(precision.CLOSE, 0.0))
    monkeypatch.setattr(precision, "CLOSE", none)
    kept = add_model(exported).manifest
    assert kept.precision == "fp32"
    assert any(note.startswith("float32 weights: integers: ") for note in kept.notes)
    with pytest.raises(ModelUnavailable, match=message) as error:
        add_model(exported, precision=bits)
    assert code(error) == "GG807"


@pytest.mark.model
def test_a_cache_that_is_too_rough_in_8_bits_is_left_out_and_said_so(
    exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparation, "CLOSE", dict.fromkeys(precision.CLOSE, 0.0))
    added = add_model(exported, precision="int8")
    assert added.onnx_cache8 is None
    assert any(note.startswith("keys and values stay float32: ") for note in added.manifest.notes)


@pytest.mark.model
def test_a_model_in_8_bits_has_two_graphs_and_one_file_of_weights(exported: Path) -> None:
    added = add_model(exported)
    assert sorted(added.manifest.files) == [
        "config.json",
        "generation_config.json",
        "model.cache8.onnx",
        "model.onnx",
        "model.onnx_data",
        "tokenizer.json",
    ]
    figures = added.manifest.verification
    assert figures["form"] == "integers"
    assert figures["stable_bits"] is figures["cache8_stable_bits"] is True
    assert 0 < figures["cache8_divergence_from_fp32"] < 0.02


@pytest.mark.model
def test_float32_keeps_its_cache_in_float32(exported: Path) -> None:
    added = add_model(exported, precision="fp32")
    assert added.onnx_cache8 is None
    assert added.manifest.verification["stable_bits"] is True


@pytest.mark.model
def test_an_export_that_differs_from_torch_is_refused(
    weights: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = export.reference_logits
    monkeypatch.setattr(export, "reference_logits", lambda *given: [logits + 1.0 for logits in reference(*given)])
    with pytest.raises(ModelUnavailable, match="onnx_to_torch") as error:
        add_model(weights)
    assert code(error) == "GG807"
    assert not (own_cache / "small").exists()


@pytest.mark.model
def test_a_wrong_decoder_is_mended_on_the_way(exported: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(exported, tmp_path / "copy")
    (folder / "tokenizer.json").write_text(byte_level(decoder={"type": "Fuse"}), encoding="utf-8")
    added = add_model(folder)
    assert added.manifest.notes == ("decoder replaced by ByteLevel",)
    assert json.loads(added.tokenizer.read_text(encoding="utf-8"))["decoder"]["type"] == "ByteLevel"


@pytest.mark.model
@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("tokenizer.json", "{}", "GG808"),
        ("model.onnx", "not a graph", "GG804"),
        ("config.json", "{", "GG804"),
    ],
)
def test_a_faulty_exported_folder_is_refused(
    exported: Path, tmp_path: Path, name: str, content: str, expected: str
) -> None:
    folder = shutil.copytree(exported, tmp_path / "copy")
    (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(ModelUnavailable, match=name) as error:
        add_model(folder)
    assert code(error) == expected


@pytest.mark.model
def test_a_graph_that_is_no_decoder_is_refused(exported: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(exported, tmp_path / "copy")
    value = onnx.helper.make_tensor_value_info
    node = onnx.helper.make_node("Identity", ["x"], ["y"])
    parts = onnx.helper.make_graph([node], "g", [value("x", 1, [1])], [value("y", 1, [1])])
    opset = onnx.helper.make_opsetid("", 18)
    onnx.save(onnx.helper.make_model(parts, ir_version=8, opset_imports=[opset]), str(folder / "model.onnx"))
    with pytest.raises(ModelUnavailable, match="expected a decoder graph") as error:
        add_model(folder)
    assert code(error) == "GG804"


@pytest.mark.model
@pytest.mark.parametrize(
    ("architecture", "expected"), [("Bert", "cannot export this model of type bert"), ("T5", "GG804")]
)
def test_a_model_that_optimum_cannot_export_is_refused_in_one_line(
    tmp_path: Path, architecture: str, expected: str
) -> None:
    import transformers

    sizes = {"vocab_size": 320, "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = getattr(transformers, f"{architecture}Config")(**sizes, intermediate_size=48)
    folder = tmp_path / "encoder"
    if architecture == "Bert":
        transformers.BertModel(config).save_pretrained(folder)
    else:
        config.save_pretrained(folder)
    (folder / "tokenizer.json").write_text(byte_level(), encoding="utf-8")
    settings = {"tokenizer_class": "PreTrainedTokenizerFast"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    with pytest.raises(ModelUnavailable, match=expected) as error:
        add_model(folder)
    assert "\n" not in str(error.value)
    assert error.value.exit_code == 3


@pytest.mark.model
def test_a_corrupt_gguf_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF\x03\x00\x00\x00" + bytes(range(200)))
    with pytest.raises(ModelUnavailable, match="cannot be read") as error:
        add_model(path)
    assert code(error) == "GG804"
    assert "broken.gguf" in str(error.value)


@pytest.mark.model
def test_weights_that_are_missing_are_a_clear_error(weights: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(weights, tmp_path / "copy")
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelUnavailable, match="GG804 the model's files cannot be read"):
        add_model(folder)


@pytest.mark.parametrize("package", ["torch", "transformers", "onnx", "optimum.exporters.onnx", "gguf"])
def test_a_missing_extra_names_what_to_install(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        if name == package:
            raise ImportError(f"No module named '{name}'")

    monkeypatch.setattr(export, "import_module", missing)
    with pytest.raises(ModelUnavailable, match=package) as error:
        export.require_extra(gguf=True)
    assert code(error) == "GG806"
    assert 'pip install "gamegen[export]"' in str(error.value)


@pytest.mark.model
def test_the_default_models_graph_still_gives_the_bits_it_was_proven_with(default_model: ModelFolder) -> None:
    from gamegen.engine import verify

    text = default_model.tokenizer.read_text(encoding="utf-8")
    samples = verify.sample_texts(text, default_model.manifest.vocab, default_model.manifest.context_length)
    for graph in (default_model.onnx, default_model.onnx_cache8):
        assert graph is not None
        assert verify.stable_bits(verify.RewrittenGraph(graph, max(verify.ROWS), 64), samples.short)
