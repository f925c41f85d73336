"""The cache: found whole or not at all."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from gamegen.engine import building, models, sources
from gamegen.engine.adapter import weights_sha256
from gamegen.engine.manifest import (
    CARD,
    CONTRACT,
    PLAIN_ID,
    ModelFolder,
    Source,
    cpu_class,
    read_folder,
    versions,
    write_card,
    write_manifest,
)
from gamegen.engine.models import add_model, cache_folder, check_name, find_model, list_models, pack_model
from gamegen.errors import HostFailed, ModelUnavailable, UsageError
from tests.engine.small_models import store


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAMEGEN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "models"


def code(error: pytest.ExceptionInfo[ModelUnavailable]) -> str:
    return error.value.findings[0].code


def test_the_environment_names_the_cache(own_cache: Path) -> None:
    assert cache_folder() == own_cache


def test_without_the_environment_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GAMEGEN_CACHE")
    assert cache_folder().parts[-2:] != ("cache", "models")
    assert "gamegen" in str(cache_folder())


def test_a_whole_model_is_found(own_cache: Path) -> None:
    stored = store(own_cache / "tiny")
    assert find_model("tiny") == stored


def test_a_missing_model_names_the_command_that_makes_it() -> None:
    with pytest.raises(ModelUnavailable, match="there are: none; `gamegen model add SOURCE`") as error:
        find_model("tiny")
    assert code(error) == "GG801"
    assert error.value.exit_code == 3


def test_a_missing_default_is_added_without_an_argument() -> None:
    with pytest.raises(ModelUnavailable, match="run `gamegen model add`"):
        find_model()


def test_a_missing_hub_model_is_added_by_its_id() -> None:
    with pytest.raises(ModelUnavailable, match="run `gamegen model add org/name`"):
        find_model("org/name")


def test_a_missing_model_brings_the_nearest_name(own_cache: Path) -> None:
    store(own_cache / "tiny")
    with pytest.raises(ModelUnavailable, match="did you mean 'tiny'"):
        find_model("tinny")


@pytest.mark.parametrize("name", ["../tiny", "", ".", "Tiny", "a/b"])
def test_a_name_never_leaves_the_cache(own_cache: Path, name: str) -> None:
    store(own_cache.parent / "tiny")
    with pytest.raises(ModelUnavailable) as error:
        find_model(name)
    assert code(error) == "GG801"


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_flipped_bit_is_detected(own_cache: Path, name: str) -> None:
    path = store(own_cache / "tiny").path / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelUnavailable, match=name) as error:
        find_model("tiny")
    assert code(error) == "GG802"
    assert "make it again with `gamegen model add` and its source (tiny)" in str(error.value)


@pytest.mark.parametrize(
    ("source", "command"),
    [
        (Source("default", "x"), "`gamegen model add`"),
        (Source("huggingface", "org/name@1f"), "`gamegen model add org/name`"),
    ],
)
def test_a_damaged_model_names_its_source(own_cache: Path, source: Source, command: str) -> None:
    store(own_cache / "tiny", source=source).onnx.write_bytes(b"")
    with pytest.raises(ModelUnavailable) as error:
        find_model("tiny")
    assert str(error.value).endswith(f"make it again with {command}")


def test_a_truncated_file_is_detected(own_cache: Path) -> None:
    path = store(own_cache / "tiny").onnx
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ModelUnavailable, match="expected 10240 bytes, found 100") as error:
        find_model("tiny")
    assert code(error) == "GG802"


def test_a_missing_file_is_detected(own_cache: Path) -> None:
    store(own_cache / "tiny").tokenizer.unlink()
    with pytest.raises(ModelUnavailable, match=r"tokenizer\.json.*found none"):
        find_model("tiny")


def test_a_missing_manifest_is_detected(own_cache: Path) -> None:
    (store(own_cache / "tiny").path / "manifest.json").unlink()
    with pytest.raises(ModelUnavailable, match="expected a manifest") as error:
        find_model("tiny")
    assert code(error) == "GG802"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null", '{"contract": 1}', '{"contract": 1, "files": 3}'])
def test_a_manifest_that_cannot_be_read_is_detected(own_cache: Path, text: str) -> None:
    (store(own_cache / "tiny").path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelUnavailable) as error:
        find_model("tiny")
    assert code(error) == "GG802"


def test_a_model_of_another_contract_is_not_used(own_cache: Path) -> None:
    store(own_cache / "tiny", contract=CONTRACT + 1)
    with pytest.raises(ModelUnavailable, match=f"made under contract {CONTRACT + 1}"):
        find_model("tiny")


def test_a_manifest_that_lists_a_file_elsewhere_is_not_used(own_cache: Path) -> None:
    path = store(own_cache / "tiny").path / "manifest.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["files"]["../other"] = {"size": 1, "sha256": "00"}
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ModelUnavailable, match="outside the folder"):
        find_model("tiny")


def test_the_list_is_sorted_and_leaves_out_what_is_damaged(own_cache: Path) -> None:
    store(own_cache / "b", "b")
    store(own_cache / "a", "a")
    (store(own_cache / "c", "c").path / "manifest.json").unlink()
    (own_cache / ".tiny.part-x").mkdir()
    assert [model.id for model in list_models()] == ["a", "b"]


def test_the_list_of_no_cache_is_empty() -> None:
    assert list_models() == []


def test_the_identity_follows_the_files_and_not_the_name(own_cache: Path) -> None:
    first, second = store(own_cache / "a", "a"), store(own_cache / "b", "b")
    third = store(own_cache / "c", "c", files={**first.manifest.files, "x": first.manifest.files["model.onnx"]})
    assert first.sha256 == second.sha256 != third.sha256


def test_a_model_card_is_proved_but_no_part_of_the_identity(own_cache: Path) -> None:
    stored = store(own_cache / "tiny")
    for text in ("# Figures\n", "# Other figures\n"):
        told = write_card(stored.path, text, stored.manifest)
        assert find_model("tiny") == ModelFolder(stored.path, told)
        assert CARD in told.files
        assert find_model("tiny").sha256 == stored.sha256
    assert not list(stored.path.glob(".*"))
    (stored.path / CARD).write_text("# Torn figures\n", encoding="utf-8")
    with pytest.raises(ModelUnavailable, match=CARD) as error:
        find_model("tiny")
    assert code(error) == "GG802"


def test_a_manifest_that_is_torn_while_it_is_written_leaves_the_old_one(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = store(own_cache / "tiny")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        write_manifest(stored.path, replace(stored.manifest, licence="MIT"))
    assert find_model("tiny") == stored


def test_a_manifest_reads_back_as_it_was_written(own_cache: Path) -> None:
    stored = store(own_cache / "tiny", notes=("a note",), chat_template="{{ x }}", versions=versions(), cpu=cpu_class())
    assert read_folder(stored.path) == stored


def test_versions_and_cpu_are_known() -> None:
    assert {"tokenizers", "gamegen"} <= versions().keys()
    assert cpu_class().split("-")[0]


# Packs


def test_a_pack_moves_a_model_to_another_cache(
    own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = store(own_cache / "tiny")
    file = pack_model("tiny", tmp_path / "tiny.zip")
    monkeypatch.setenv("GAMEGEN_CACHE", str(tmp_path / "other"))
    added = add_model(file)
    assert added.path == tmp_path / "other" / "models" / "tiny"
    assert added.sha256 == stored.sha256
    assert find_model("tiny") == added


def test_a_pack_carries_the_model_card(own_cache: Path, tmp_path: Path) -> None:
    stored = store(own_cache / "tiny")
    write_card(stored.path, "# Figures\n", stored.manifest)
    added = add_model(pack_model("tiny", tmp_path / "tiny.zip"), name="second")
    assert (added.path / CARD).read_text("utf-8") == "# Figures\n"


def test_a_pack_may_be_added_under_another_name(own_cache: Path, tmp_path: Path) -> None:
    store(own_cache / "tiny")
    added = add_model(pack_model("tiny", tmp_path / "tiny.zip"), name="second")
    assert (added.id, added.path.name) == ("second", "second")


def test_a_model_folder_is_added_as_it_is(tmp_path: Path) -> None:
    stored = store(tmp_path / "elsewhere")
    assert add_model(stored.path).sha256 == stored.sha256


def test_a_damaged_model_is_not_packed(own_cache: Path, tmp_path: Path) -> None:
    store(own_cache / "tiny").onnx.write_bytes(b"")
    with pytest.raises(ModelUnavailable):
        pack_model("tiny", tmp_path / "tiny.zip")
    assert list(tmp_path.glob("*.zip*")) == []


def test_a_pack_that_cannot_be_written_fails_without_a_trace(own_cache: Path, tmp_path: Path) -> None:
    store(own_cache / "tiny")
    with pytest.raises(HostFailed, match="GG008"):
        pack_model("tiny", tmp_path / "missing" / "tiny.zip")


def test_a_damaged_pack_is_refused_and_nothing_is_stored(own_cache: Path, tmp_path: Path) -> None:
    store(own_cache / "tiny")
    file = pack_model("tiny", tmp_path / "other.zip")
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as bad, zipfile.ZipFile(file) as good:
        for name in good.namelist():
            bad.writestr(name, good.read(name).replace(b"\x07\x08", b"\x08\x07"))
    with pytest.raises(ModelUnavailable, match=r"model\.onnx") as error:
        add_model(tmp_path / "bad.zip")
    assert code(error) == "GG802"
    assert [model.id for model in list_models()] == ["tiny"]
    assert list(own_cache.glob(".*part*")) == []


@pytest.mark.parametrize("names", [[], ["manifest.json"]], ids=["empty", "manifest alone"])
def test_a_zip_that_is_no_pack_is_refused(tmp_path: Path, names: list[str]) -> None:
    stored = store(tmp_path / "tiny")
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as pack:
        for name in names:
            pack.write(stored.path / name, name)
    with pytest.raises(ModelUnavailable) as error:
        add_model(tmp_path / "some.zip")
    assert code(error) == "GG804"


# Adding


def test_an_impossible_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="GG809"):
        add_model(store(tmp_path / "tiny").path, name="../x")


@pytest.mark.parametrize("name", ["../x", "a/b", "A", "", ".a", "a\n"])
def test_a_name_is_checked_by_its_form(name: str) -> None:
    check_name("ledger-2.b_c")
    with pytest.raises(UsageError, match="GG809"):
        check_name(name)


@pytest.mark.parametrize("kind", ["pack", "onnx"])
def test_an_adapter_beside_a_graph_is_refused(own_cache: Path, tmp_path: Path, kind: str) -> None:
    folder = store(tmp_path / "tiny").path
    if kind == "onnx":
        (folder / "manifest.json").unlink()
    with pytest.raises(ModelUnavailable, match="an adapter can be merged into") as error:
        add_model(folder, adapter=sources.SHIPPED_ADAPTER)
    assert code(error) == "GG876"
    assert list_models() == []
    assert list(own_cache.glob(".*part*")) == []


def test_a_hub_model_may_be_named_with_its_commit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hub = pytest.importorskip("huggingface_hub")
    asked: list[tuple[str, str | None]] = []

    def download(name: str, *, revision: str | None, allow_patterns: list[str]) -> str:
        asked.append((name, revision))
        (tmp_path / "model.safetensors").touch()
        return str(tmp_path)

    monkeypatch.setattr(hub, "snapshot_download", download)
    pinned = f"org/Name@{'0a' * 20}"
    assert (sources.recognise(pinned).id, sources.recognise(pinned).ref) == ("name", pinned)
    for ref in (pinned, "org/Name"):
        sources.fetch_hub(ref)
    assert asked == [("org/Name", "0a" * 20), ("org/Name", None)]
    with pytest.raises(ModelUnavailable):
        sources.recognise("org/name@main")


def test_an_interrupted_build_leaves_the_old_model_and_no_part(
    own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = store(tmp_path / "tiny").path
    before = add_model(source)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(building, "write_manifest", stop)
    with pytest.raises(KeyboardInterrupt):
        add_model(source)
    assert find_model("tiny") == before
    assert list(own_cache.glob(".*part*")) == []


def test_what_a_killed_build_left_is_cleared_away(own_cache: Path, tmp_path: Path) -> None:
    left = own_cache / ".tiny.part-killed"
    left.mkdir(parents=True)
    (left / "model.onnx").write_bytes(b"half")
    add_model(store(tmp_path / "tiny").path)
    assert not left.exists()


def test_a_damaged_model_is_made_again(own_cache: Path, tmp_path: Path) -> None:
    source = store(tmp_path / "tiny").path
    add_model(source).onnx.write_bytes(b"")
    add_model(source)
    assert find_model("tiny").onnx.stat().st_size == 10_240


def test_a_cache_that_cannot_be_written_is_the_hosts_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("GAMEGEN_CACHE", str(tmp_path / "file"))
    with pytest.raises(HostFailed, match="GG008") as error:
        add_model(store(tmp_path / "tiny").path)
    assert error.value.exit_code == 4


def test_progress_is_told_by_stages(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    add_model(store(tmp_path / "tiny").path, progress=lambda *step: seen.append(step))
    assert seen == [("obtain", 0, 1), ("obtain", 1, 1), ("store", 0, 1), ("store", 1, 1)]


def test_the_default_that_is_there_is_kept(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    origin = sources.recognise(None)
    assert origin.adapter is not None
    tuned = {"adapter": weights_sha256(origin.adapter)}
    source = Source("default", origin.ref)
    stored = store(own_cache / origin.id, origin.id, source=source, precision="int8", tuned=tuned)

    def fail(*_: object) -> None:
        raise AssertionError("made again")

    monkeypatch.setattr(building, "build", fail)
    assert add_model() == stored == add_model(precision="int8")
    with pytest.raises(AssertionError, match="made again"):
        add_model(force=True)
    with pytest.raises(AssertionError, match="made again"):
        add_model(precision="fp32")


def test_a_default_of_another_adapter_is_made_again(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    origin = sources.recognise(None)
    source = Source("default", origin.ref)
    store(own_cache / origin.id, origin.id, source=source, precision="int8", tuned={"adapter": "0" * 64})
    plain = store(own_cache / PLAIN_ID, PLAIN_ID, source=source, precision="int8")

    def fail(*_: object) -> None:
        raise AssertionError("made again")

    monkeypatch.setattr(building, "build", fail)
    with pytest.raises(AssertionError, match="made again"):
        add_model()
    assert add_model(PLAIN_ID) == plain


def test_the_door_is_complete() -> None:
    assert set(models.__all__) <= set(dir(models))


@pytest.mark.model
def test_the_default_model_is_whole_rewritten_and_proven(
    default_model: ModelFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAMEGEN_CACHE", str(default_model.path.parent.parent))
    found = find_model()
    assert found == default_model
    manifest = found.manifest
    assert (manifest.graph, manifest.precision, manifest.licence) == ("rewritten", "int8", "Apache-2.0")
    assert (manifest.layers, manifest.kv_heads, manifest.head_dim, manifest.vocab) == (30, 3, 64, 49_152)
    assert manifest.eos == (2,)
    assert manifest.verification["onnx_to_torch"] < 1e-4
    assert manifest.verification["rewritten_to_exported"] < 1e-4
    assert manifest.verification["divergence_from_fp32"] < 0.02
    assert manifest.verification["cache8_divergence_from_fp32"] < 0.02
    assert manifest.verification["stable_bits"] is manifest.verification["cache8_stable_bits"] is True
