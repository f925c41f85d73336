"""`gamegen loc` and `gamegen export --language`: to translators and back, and the game in another language."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import polib
import pytest

from gamegen.cli import run
from gamegen.exporting import load_records
from gamegen.loc import lock_of, rows
from tests.dialogue_records import forge

ROOT = Path(__file__).parents[2]
WORLD = str(ROOT / "samples" / "saltmarrow" / "world")
GALLERY = ROOT / "samples" / "gallery" / "saltmarrow"
DE = Path("translations/de.jsonl")


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    save(forge())
    return tmp_path


def save(record: dict[str, Any], file: str = "talk.jsonl") -> None:
    Path(file).write_text(json.dumps(record) + "\n", encoding="utf-8")


def cells(file: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(Path(file).read_text("utf-8-sig"), newline="")))


def fill(file: str, leave: int = 0) -> None:
    """Translate a table as a translator does, but for the first `leave` rows that are empty."""
    if file.endswith(".po"):
        book = polib.pofile(file)
        for entry in [one for one in book if not one.msgstr or one.fuzzy][leave:]:
            entry.msgstr = f"DE {entry.msgid}"
            entry.flags = [flag for flag in entry.flags if flag != "fuzzy"]
        book.save()
    elif file.endswith(".csv"):
        table = cells(file)
        for row in [one for one in table if not one["translation"]][leave:]:
            row["translation"] = f"DE {row['text']}"
        with Path(file).open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(table[0]))
            writer.writeheader()
            writer.writerows(table)
    else:
        from translate.storage.xliff import Xliff1File

        units = Xliff1File.parsefile(file)
        for unit in [one for one in units.units if not one.target][leave:]:
            unit.target = f"DE {unit.source}"
        units.save()


def export(file: str, *more: str) -> int:
    return run(["loc", "export", "talk.jsonl", "--language", "de", "--out", file, *more])


def bring(file: str, *more: str) -> int:
    return run(["loc", "import", file, "talk.jsonl", "--language", "de", *more])


def to_ink(*more: str) -> int:
    return run(["export", "ink", "talk.jsonl", "--out", "ink", "--language", "de", *more])


def translations() -> dict[str, dict[str, str]]:
    found = [json.loads(line) for line in DE.read_text("utf-8").splitlines()]
    return {one["id"]: one for one in found}


@pytest.mark.parametrize("file", ["de.csv", "de.po", "de.xlf"])
def test_there_and_back_in_each_format(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(file) == 0
    assert f"{len(rows([forge()]))} texts, 0 translated" in capsys.readouterr().err
    fill(file)
    assert bring(file, "--by", "Jo") == 0
    found = translations()
    assert list(found) == sorted(found)
    assert {id: one["text"] for id, one in found.items()} == {row.id: f"DE {row.text}" for row in rows([forge()])}
    assert {one["by"] for one in found.values()} == {"Jo"}
    assert to_ink() == 0
    assert "DE Rain again." in Path("ink/dialogue_talk_0001.ink").read_text("utf-8")


@pytest.mark.parametrize("format_name", ["ink", "yarn", "json"])
def test_every_format_is_exported_in_the_language(format_name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert export("de.csv") == 0
    fill("de.csv")
    assert bring("de.csv", "--out", "elsewhere.jsonl") == 0
    command = ["export", format_name, "talk.jsonl", "--out", "out", "--language", "de"]
    assert run(command) == 1
    assert "GG058" in capsys.readouterr().err
    assert not Path("out").exists()
    assert run([*command, "--translations", "elsewhere.jsonl"]) == 0
    written = "".join(path.read_text("utf-8") for path in Path("out").rglob("*") if path.is_file())
    assert "DE Rain again." in written
    assert format_name != "yarn" or '"baseLanguage": "de"' in written


def test_nothing_is_written_unless_all_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    export("de.csv")
    fill("de.csv", leave=1)
    assert bring("de.csv") == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("de.csv:2:1: GG058 expected a translation of")
    assert not DE.parent.exists()


def test_partial_takes_the_good_rows_and_names_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    export("de.csv")
    fill("de.csv", leave=1)
    capsys.readouterr()
    assert bring("de.csv", "--partial", "--json") == 1
    out, err = capsys.readouterr()
    answer = json.loads(out)
    assert answer["taken"] == len(translations()) == len(rows([forge()])) - 1
    assert [one["code"] for one in answer["findings"]] == ["GG058"]
    assert "de.csv:2:1: GG058" in err
    assert export("rest.csv") == 0
    assert sum(not row["translation"] for row in cells("rest.csv")) == 1
    fill("rest.csv")
    assert bring("rest.csv") == 0


def test_an_edited_text_goes_to_the_translator_again(capsys: pytest.CaptureFixture[str]) -> None:
    export("de.po")
    fill("de.po")
    bring("de.po")
    record = forge()
    record["nodes"][2]["lines"][0]["text"] = "More rain."
    save(record)
    assert to_ink() == 1
    assert "GG619" in capsys.readouterr().err
    assert to_ink("--stale") == 0
    assert "GG619" in capsys.readouterr().err
    assert "DE Rain again." in Path("ink/dialogue_talk_0001.ink").read_text("utf-8")
    assert to_ink("--fallback") == 0
    assert "More rain." in Path("ink/dialogue_talk_0001.ink").read_text("utf-8")
    assert export("again.po") == 0
    (fuzzy,) = [entry for entry in polib.pofile("again.po") if entry.fuzzy]
    assert (fuzzy.msgid, fuzzy.msgstr) == ("More rain.", "DE Rain again.")
    assert bring("again.po") == 1
    assert "GG619 expected a finished translation" in capsys.readouterr().err
    fill("again.po")
    assert bring("again.po") == 0
    assert to_ink() == 0
    assert "DE More rain." in Path("ink/dialogue_talk_0001.ink").read_text("utf-8")


def test_an_old_table_does_not_pass_for_a_new_one(capsys: pytest.CaptureFixture[str]) -> None:
    for file in ("de.csv", "de.po", "de.xlf"):
        export(file)
        fill(file)
    record = forge()
    record["nodes"][2]["lines"][0]["text"] = "More rain."
    save(record)
    for file in ("de.csv", "de.po", "de.xlf"):
        capsys.readouterr()
        assert bring(file) == 1
        (said,) = capsys.readouterr().err.splitlines()
        assert "GG619" in said and said.startswith(f"{file}:")
    assert bring("de.csv", "--stale") == 0
    assert lock_of("Rain again.") in {one["lock"] for one in translations().values()}
    assert to_ink() == 1


def test_a_language_without_translations_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert to_ink() == 1
    assert "GG058 expected translations into 'de'" in capsys.readouterr().err
    assert to_ink("--fallback") == 0
    assert "GG058" in capsys.readouterr().err
    assert "Rain again." in Path("ink/dialogue_talk_0001.ink").read_text("utf-8")


def test_content_in_the_language_needs_no_translations() -> None:
    assert run(["export", "ink", "talk.jsonl", "--out", "ink", "--language", "en"]) == 0


def test_a_projects_translations_stand_beside_its_file() -> None:
    assert run(["init", "game"]) == 0
    Path("game/content").mkdir(exist_ok=True)
    shutil.copy(GALLERY / "character.jsonl", "game/content/sheets.jsonl")
    assert run(["loc", "export", "game/content", "--language", "de", "--out", "de.csv"]) == 0
    fill("de.csv")
    assert run(["loc", "import", "de.csv", "game/content", "--language", "de"]) == 0
    assert Path("game/translations/de.jsonl").is_file()
    assert run(["export", "json", "game/content", "--language", "de", "--out", "out"]) == 0


def test_the_world_says_how_people_speak_and_in_which_language_texts_are() -> None:
    content = str(GALLERY / "dialogue.jsonl")
    assert run(["loc", "export", content, "--world", WORLD, "--language", "de", "--out", "de.xliff"]) == 0
    text = Path("de.xliff").read_text("utf-8")
    assert 'source-language="en"' in text
    assert "voice: " in text


def test_all_finished_records_go_there_and_back(capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(GALLERY / f"{kind}.jsonl") for kind in ("dialogue", "quest", "character")]
    table = rows(load_records([Path(file) for file in files]))
    for file in ("de.csv", "de.po", "de.xlf"):
        assert run(["loc", "export", *files, "--language", "de", "--out", file]) == 0
        if file == "de.po":
            book = polib.pofile(file)
            for entry in book:
                entry.msgstr = entry.msgid
            book.save()
            assert run(["loc", "import", file, *files, "--language", "de", "--out", str(DE)]) == 0
    assert {id: one["text"] for id, one in translations().items()} == {row.id: row.text for row in table}


def test_the_voice_list(capsys: pytest.CaptureFixture[str]) -> None:
    content = str(GALLERY / "dialogue.jsonl")
    assert run(["loc", "voice", content, "--world", WORLD, "--out", "voice.csv", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    lines = cells("voice.csv")
    assert answer["lines"] == len(lines) == len({line["file"] for line in lines}) > 100
    assert all(line["file"] == f"{line['speaker']}/{line['id']}.wav" and line["name"] for line in lines)
    assert any("voice: " in line["direction"] for line in lines)


def test_a_record_that_breaks_its_schema_is_named_and_is_no_fault_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    export("de.csv")
    fill("de.csv")
    assert bring("de.csv") == 0
    save(forge() | {"refs": "none", "nodes": [{"lines": [{"id": "a", "text": 3}]}]})
    capsys.readouterr()
    assert export("de.csv") == 1
    assert "GG101 record talk_0001: " in capsys.readouterr().err
    assert to_ink() == 1
    assert "GG101" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (["loc", "export", "talk.jsonl", "--language", "../de", "--out", "de.csv"], 2, "GG005 expected a BCP 47"),
        (["export", "ink", "talk.jsonl", "--language", "../de", "--out", "ink"], 2, "GG005 expected a BCP 47"),
        (["loc", "export", "talk.jsonl", "--language", "de", "--out", "de.txt"], 2, "GG005 expected a file named"),
        (["loc", "export", "none.jsonl", "--language", "de", "--out", "de.csv"], 2, "GG006"),
        (["loc", "import", "none.csv", "talk.jsonl", "--language", "de"], 2, "GG006"),
        (["loc", "import", "talk.jsonl", "talk.jsonl", "--language", "de", "--format", "po"], 2, "GG056"),
        (["loc", "import", "talk.jsonl", "talk.jsonl", "--language", "de", "--format", "csv"], 2, "GG056"),
        (["loc", "import", "talk.jsonl", "talk.jsonl", "--language", "de", "--format", "xliff"], 2, "GG056"),
        (["export", "ink", "talk.jsonl", "--out", "ink", "--fallback"], 2, "need --language"),
        (["export", "ink", "talk.jsonl", "--out", "i", "--language", "de", "--translations", "x"], 2, "GG006"),
        (["loc", "export", "talk.jsonl"], 2, "GG011"),
    ],
)
def test_bad_input_is_one_clear_line(
    command: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command) == code
    err = capsys.readouterr().err
    assert said in err and "Traceback" not in err and len(err.splitlines()) == 1
    assert not Path("translations").exists()
