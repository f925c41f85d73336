"""From files to lessons: what is read, what is refused with its place, what is left out and counted."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from gamegen.cards import FIELDS
from gamegen.errors import InvalidInput
from gamegen.records import Finding
from gamegen.tune.collect import collect, is_spdx
from gamegen.tune.lessons import Lesson
from gamegen.tune.prepare import MOST_REPEATED, prepare, require_enough, unfit, weights
from gamegen.tune.reading import read_lessons
from gamegen.tune.running import Wanted, gather
from tests.tune.lessons import corpus, journal, lesson, npc_line, write_corpus


def read(text: str, name: str = "data.jsonl") -> tuple[list[Lesson], list[Finding]]:
    return read_lessons(Path(name), text.encode(), FIELDS)


def codes(findings: list[Finding] | tuple[Finding, ...]) -> list[str]:
    return [f"{finding.code}:{finding.line}" for finding in findings]


def test_a_corpus_is_read_whole() -> None:
    lessons, findings = read("".join(json.dumps(each) + "\n" for each in corpus()))
    assert not findings
    assert lessons[0].card["intent"] == "reveals"
    assert (lessons[-1].kind, lessons[-1].number) == ("journal", 20)
    assert "line" not in lessons[0].card


def test_every_fault_is_told_with_its_line() -> None:
    good = json.dumps(npc_line(1))
    wrong = [good, "{", "[]", '{"kind":"poem","line":"x"}', '{"kind":"npc_line","line":"Well."}', '{"line":"x"}', ""]
    wrong.append('{"kind":"journal","must":3,"line":"You found it."}')
    lessons, findings = read("\n".join(wrong))
    assert len(lessons) == 1
    assert codes(findings) == ["GG872:2", "GG872:3", "GG871:4", "GG872:5", "GG872:6", "GG872:8"]
    assert "who, intent, must" in findings[3].message


def test_a_near_kind_is_named() -> None:
    _, findings = read('{"kind":"npc_lines","line":"x"}')
    assert 'did you mean "npc_line"' in str(findings[0])


def test_a_file_that_is_not_utf8_is_refused() -> None:
    _, findings = read_lessons(Path("x.csv"), "kind,line\nnpc_line,caf\xe9".encode("latin-1"), FIELDS)
    assert codes(findings) == ["GG701:2"]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_spreadsheet_is_read_like_a_corpus(mark: str) -> None:
    names = ["kind", "Who", "voice", "intent", "must", "line", "notes"]
    rows = [npc_line(1), {**npc_line(2), "line": f"Well{mark} now, by the bell\nat the mill."}, journal(3)]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark)
    writer.writerow(names)
    for row in rows:
        writer.writerow([row.get(name.casefold(), "") for name in names])
    lessons, findings = read("\ufeff" + out.getvalue() + "\n,,,\n".replace(",", mark), "sheet.csv")
    assert not findings
    assert [dict(each.card) for each in lessons] == [{k: v for k, v in row.items() if k != "line"} for row in rows]
    assert lessons[1].line == " ".join(str(rows[1]["line"]).split())
    assert [each.number for each in lessons] == [2, 3, 5]


def test_a_spreadsheet_without_its_columns_is_refused_once() -> None:
    assert codes(read("type,text\nnpc_line,Hello there.", "x.csv")[1]) == ["GG873:1"]
    _, findings = read("kind,who,line\n" + "npc_line,Ada,Well now then.\n" * 3, "x.csv")
    assert codes(findings) == ["GG873:1"]
    assert "intent and no must" in findings[0].message
    _, findings = read("kind,who,intent,must,line\nnpc_line,Ada,reveals,,Well now then.\n", "x.csv")
    assert codes(findings) == ["GG872:2"]


def test_a_row_with_too_many_cells_is_refused() -> None:
    assert codes(read("kind,must,line\njournal,a,b,c\n", "x.csv")[1]) == ["GG872:2"]
    assert codes(read('kind,must,line\njournal,a,"b\n', "x.csv")[1]) == ["GG872:2"]


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), min_size=1).filter(lambda text: text.split())


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=5))
def test_what_a_spreadsheet_holds_is_what_a_corpus_holds(rows: list[tuple[str, str]]) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerows([("kind", "must", "line"), *(("journal", *row) for row in rows)])
    lines = [json.dumps({"kind": "journal", "must": must, "line": line}) for must, line in rows]
    sheet, corpus_ = read(out.getvalue(), "x.csv"), read("\n".join(lines))
    assert [(each.card, each.line) for each in sheet[0]] == [(each.card, each.line) for each in corpus_[0]]
    assert not sheet[1]
    assert not corpus_[1]


@given(st.binary(max_size=200), st.sampled_from(["x.csv", "x.jsonl"]))
def test_no_bytes_bring_the_reader_down(data: bytes, name: str) -> None:
    lessons, findings = read_lessons(Path(name), data, FIELDS)
    assert all(finding.code in ("GG701", "GG871", "GG872", "GG873") for finding in findings)
    assert all(lesson.line for lesson in lessons)


def test_the_licence_stands_beside_the_data_or_in_the_option(tmp_path: Path) -> None:
    write_corpus(tmp_path / "a", [npc_line(1)])
    write_corpus(tmp_path / "b", [npc_line(2)], licence="")
    found = collect([tmp_path], "CC-BY-4.0", FIELDS)
    assert sorted((each.licence, each.examples) for each in found.files) == [("Apache-2.0", 1), ("CC-BY-4.0", 1)]


def test_data_without_a_licence_is_refused(tmp_path: Path) -> None:
    write_corpus(tmp_path, [npc_line(1)], licence="")
    with pytest.raises(InvalidInput) as caught:
        collect([tmp_path], "", FIELDS)
    assert caught.value.findings[0].code == "GG870"


@pytest.mark.parametrize(
    "text",
    [
        *("MIT", "Apache-2.0", "GPL-2.0+", "MIT OR CC-BY-4.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        *("LicenseRef-Ours", "(MIT OR Apache-2.0) AND CC0-1.0", "((MIT))", "MIT AND(MIT)"),
    ],
)
def test_an_spdx_expression_is_a_licence(text: str) -> None:
    assert is_spdx(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "All rights reserved", "MIT / Apache-2.0", "MIT OR", "OR MIT", "(MIT", "MIT)", "()", "MIT (MIT)"),
        *("MIT, CC0", "MIT AND OR CC0", "ours!", "MIT or CC0", "Lizenz-ä"),
    ],
)
def test_prose_is_no_licence(text: str) -> None:
    assert not is_spdx(text)


def test_a_licence_that_is_prose_is_refused_with_what_was_found(tmp_path: Path) -> None:
    write_corpus(tmp_path / "a", [npc_line(1)], licence="All rights reserved")
    write_corpus(tmp_path / "b", [npc_line(2)], licence="")
    with pytest.raises(InvalidInput) as caught:
        collect([tmp_path], "see the web site", FIELDS)
    assert [finding.code for finding in caught.value.findings] == ["GG870", "GG870"]
    assert "'All rights reserved'" in str(caught.value)
    assert "'see the web site'" in str(caught.value)


def test_a_licence_is_stripped(tmp_path: Path) -> None:
    write_corpus(tmp_path / "a", [npc_line(1)], licence=" MIT ")
    write_corpus(tmp_path / "b", [npc_line(2)], licence=" ")
    assert [each.licence for each in collect([tmp_path], " CC0-1.0 ", FIELDS).files] == ["CC0-1.0", "MIT"]


def test_a_faulty_corpus_toml_is_refused(tmp_path: Path) -> None:
    write_corpus(tmp_path, [npc_line(1)])
    for text, code in (("licence = ", "GG702"), ('license = "MIT"', "GG703")):
        (tmp_path / "corpus.toml").write_text(text, encoding="utf-8")
        with pytest.raises(InvalidInput) as caught:
            collect([tmp_path], "", FIELDS)
        assert caught.value.findings[0].code == code


@pytest.mark.parametrize("name", ["missing.jsonl", "notes.txt", "empty"])
def test_what_is_no_data_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInput) as caught:
        collect([tmp_path / name], "MIT", FIELDS)
    assert caught.value.findings[0].code == "GG006"


def test_the_order_of_the_files_changes_nothing(tmp_path: Path) -> None:
    one = write_corpus(tmp_path / "a", corpus(6, 2))
    two = write_corpus(tmp_path / "b", map(npc_line, range(20, 26)))
    first, second = (collect(paths, "", FIELDS).lessons for paths in ([one, two], [two, one]))
    assert [each.name for each in first] == [each.name for each in second]


def test_doubles_are_left_out_and_counted() -> None:
    again = {**npc_line(1), "intent": "warns"}
    other = {**npc_line(2), "line": "Down at the weir there is another bell of ours."}
    found = prepare(map(lesson, [npc_line(1), again, npc_line(2), other, npc_line(3)]))
    assert found.left_out == {"same line": 1, "same card": 1}
    assert len(found.lessons) == 3
    assert found.places["same line"] == "data.jsonl:1"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Look.", "too short or too long"),
        ("Look for it down at the mill", "no end mark, or a title with one"),
        ('He said "look" at the mill.', "a double quotation mark"),
        ("Look <|im_end|> at the old mill.", "markup or words of the prompt"),
        ("Look {there} at the old mill.", "outside the text profile"),
        ("Look for it down at the mill.", ""),
    ],
)
def test_unfit_lines_are_left_out(line: str, reason: str) -> None:
    assert unfit(lesson({**npc_line(1), "line": line})) == reason


def test_too_few_examples_are_refused_with_what_is_missing() -> None:
    with pytest.raises(InvalidInput) as caught:
        require_enough({"npc_line": 12, "journal": 1})
    assert [finding.code for finding in caught.value.findings] == ["GG874", "GG874"]
    assert "7 are missing" in str(caught.value)
    assert "journal, found 1: 2 are missing" in str(caught.value)


def test_thin_kinds_are_shown_more_often_within_bounds() -> None:
    found = weights([lesson(each) for each in corpus(60, 2)])
    assert found["npc_line"] == 1.0
    assert 1.0 < found["journal"] <= MOST_REPEATED


def test_gathering_says_what_it_does(tmp_path: Path) -> None:
    path = write_corpus(tmp_path, [*corpus(), npc_line(1)])
    told: list[str] = []
    material = gather(Wanted((path,), "base", tmp_path), told.append)
    assert material.kinds == ("journal", "npc_line")
    assert "collect: data.jsonl: 21 examples, Apache-2.0" in told
    assert any("1 left out: same line" in line for line in told)


def test_a_held_out_file_keeps_its_like_out_of_the_training(tmp_path: Path) -> None:
    path = write_corpus(tmp_path / "data", corpus(24, 4))
    held = write_corpus(tmp_path / "held", [{**npc_line(40), "who": npc_line(3)["who"]}])
    told: list[str] = []
    material = gather(Wanted((path,), "base", tmp_path, held_out=held), told.append)
    assert len(material.split.held_out) == 1
    assert [(each.file, each.examples) for each in material.held_out] == [("data.jsonl", 1)]
    assert material.split.left_out == 1
    assert npc_line(3)["who"] not in {each.card.get("who") for each in material.split.training}


def refusal(asked: Wanted) -> Finding:
    with pytest.raises(InvalidInput) as caught:
        gather(asked, lambda line: None)
    return caught.value.findings[0]


def test_too_few_examples_are_told_before_they_are_split(tmp_path: Path) -> None:
    path = write_corpus(tmp_path / "data", [npc_line(1)])
    held = write_corpus(tmp_path / "held", [npc_line(40)])
    for held_out in (None, held):
        found = refusal(Wanted((path,), "base", tmp_path, held_out=held_out))
        assert found.code == "GG874"
        assert "found 1 (npc_line 1): 19 are missing" in found.message


def test_too_few_examples_are_told_after_the_held_out_ones_are_taken_out(tmp_path: Path) -> None:
    path = write_corpus(tmp_path / "data", corpus())
    held = write_corpus(tmp_path / "held", [npc_line(3)])
    found = refusal(Wanted((path,), "base", tmp_path, held_out=held))
    assert found.code == "GG874"
    assert "(journal 4, npc_line 15)" in found.message


def test_nothing_to_train_on_is_refused_even_where_few_may_do(tmp_path: Path) -> None:
    path = write_corpus(tmp_path / "data", corpus())
    found = refusal(Wanted((path,), "base", tmp_path, held_out=path, allow_small=True))
    assert found.code == "GG874"
    assert "all 20 share a name" in found.message
    unfit_ = write_corpus(tmp_path / "unfit", [{**npc_line(1), "line": "Well."}])
    assert refusal(Wanted((unfit_,), "base", tmp_path, allow_small=True)).code == "GG874"


def test_an_empty_held_out_file_is_refused(tmp_path: Path) -> None:
    path = write_corpus(tmp_path / "data", corpus(24, 4))
    held = write_corpus(tmp_path / "held", [])
    with pytest.raises(InvalidInput) as caught:
        gather(Wanted((path,), "base", tmp_path, held_out=held), lambda line: None)
    assert caught.value.findings[0].code == "GG879"
