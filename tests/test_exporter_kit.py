"""The conformance kit for exporters: a good exporter passes, and for each promise there is one that breaks it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

import pytest

from gamegen.errors import InvalidContent, UsageError
from gamegen.hookspecs import Exporter
from gamegen.plays import Walk
from gamegen.records import Finding
from gamegen.testing import conform_exporter, talk, tangled, transcript
from gamegen_exporters import ink, json as json_format, yarn

Records = Sequence[Mapping[str, Any]]
Files = dict[str, Any]
TICKS = count()


def refusal(record: Mapping[str, Any], message: str = "cannot be held", code: str = "GG050") -> InvalidContent:
    return InvalidContent.of(code, f"record {record['id']}: {message}")


def good(records: Records, options: Mapping[str, Any]) -> Files:
    """A file per record, in JSON."""
    files: Files = {}
    for record in records:
        name = f"dialogue_{record['id'].replace('_', '-')}.json"
        if name in files:
            raise refusal(record, "two of one id", "GG051")
        files[name] = json.dumps(record, sort_keys=True)
    return files


def text_of(record: Mapping[str, Any]) -> str:
    """The first line and the first choice."""
    choices = (node["choices"][0]["text"]["text"] for node in record["nodes"] if "choices" in node)
    return record["nodes"][0]["lines"][0]["text"] + next(choices)


def exporter(render: Callable[..., Any], **rest: Any) -> Exporter:
    return Exporter("plain", ("dialogue",), render, **rest)


def refuses_all(records: Records, options: Mapping[str, Any]) -> Files:
    raise refusal(records[0])


def fails(records: Records, options: Mapping[str, Any]) -> Files:
    raise KeyError("speaker")


def gives_objects(records: Records, options: Mapping[str, Any]) -> Files:
    return {name: json.loads(content) for name, content in good(records, options).items()}


def gives_halves(records: Records, options: Mapping[str, Any]) -> Files:
    return {**good(records, options), "half.txt": "\ud800"}


def changes_records(records: Records, options: Mapping[str, Any]) -> Files:
    for record in records:
        record["refs"].append({"type": "fact", "id": f"seen{len(record['refs'])}", "name": "x"})
    return good(records, options)


def sorts_what_it_is_given(records: list[Mapping[str, Any]], options: Mapping[str, Any]) -> Files:
    records.sort(key=lambda record: str(record["id"]))
    return good(records, options)


def counts(records: Records, options: Mapping[str, Any]) -> Files:
    return {**good(records, options), "stamp.txt": str(next(TICKS))}


def keeps_the_order(records: Records, options: Mapping[str, Any]) -> Files:
    return {**good(records, options), "list.txt": " ".join(record["id"] for record in records)}


def numbers_the_files(records: Records, options: Mapping[str, Any]) -> Files:
    good(records, options)
    return {f"{n}_{record['id']}.json": json.dumps(record) for n, record in enumerate(records)}


def iterates_a_set(records: Records, options: Mapping[str, Any]) -> Files:
    words = {f"{record['id']} {n}" for record in records for n in range(20)}
    return {**good(records, options), "index.txt": " ".join(words)}


def names_files_by_bare_ids(records: Records, options: Mapping[str, Any]) -> Files:
    return {name.removeprefix("dialogue_"): content for name, content in good(records, options).items()}


def differs_in_case_alone(records: Records, options: Mapping[str, Any]) -> Files:
    return {**good(records, options), "Notes.txt": "a", "notes.txt": "b"}


def names_files_by_texts(records: Records, options: Mapping[str, Any]) -> Files:
    good(records, options)
    return {f"x{len(text_of(record))}_{record['id']}.json": json.dumps(record) for record in records}


def leaves_the_folder(records: Records, options: Mapping[str, Any]) -> Files:
    return {**good(records, options), "../x.txt": "x"}


def writes_two_files_to_one_place(records: Records, options: Mapping[str, Any]) -> Files:
    return {**good(records, options), "a/b.txt": "1", "a//b.txt": "2"}


def refuses_apostrophes(records: Records, options: Mapping[str, Any]) -> Files:
    for record in records:
        if "isn't" in text_of(record):
            raise refusal(record)
    return good(records, options)


def loses_marks(records: Records, options: Mapping[str, Any]) -> Files:
    return {name: re.sub(r"[#~]", "", content) for name, content in good(records, options).items()}


def refuses_without_a_name(records: Records, options: Mapping[str, Any]) -> Files:
    for record in records:
        if "#" in text_of(record):
            raise InvalidContent.of("GG050", "no marks, please")
    return good(records, options)


def refuses_with_a_code_of_nobody(records: Records, options: Mapping[str, Any]) -> Files:
    for record in records:
        if "#" in text_of(record):
            raise refusal(record, code="GG0" + "99")
    return good(records, options)


def refuses_as_if_the_command_were_wrong(records: Records, options: Mapping[str, Any]) -> Files:
    for record in records:
        if "#" in text_of(record):
            raise UsageError.of("GG050", f"record {record['id']} has a mark")
    return good(records, options)


def trips_over_line_breaks(records: Records, options: Mapping[str, Any]) -> Files:
    if any("\n" in text_of(record) for record in records):
        raise ValueError("a line break")
    return good(records, options)


def trips_over_braces(records: Records, options: Mapping[str, Any]) -> Files:
    for record in records:
        for name in re.findall(r"(?<!\{)\{([a-z]+)\}", text_of(record)):
            {"player": "Ada", "item": "lens"}[name]
    return good(records, options)


def takes_halves_of_characters(records: Records, options: Mapping[str, Any]) -> Files:
    good(records, options)
    return {f"dialogue_{record['id']}.json": json.dumps(record, ensure_ascii=False) for record in records}


def lets_the_last_of_one_id_win(records: Records, options: Mapping[str, Any]) -> Files:
    return {f"dialogue_{record['id']}.json": json.dumps(record) for record in records}


def maps_two_ids_to_one(records: Records, options: Mapping[str, Any]) -> Files:
    found: dict[str, str] = {}
    for record in records:
        good([record, *(one for one in records if one is not record)], options)
        found.setdefault(f"dialogue_{re.sub('_+', '_', record['id'])}.json", json.dumps(record))
    return dict(sorted(found.items()))


BROKEN: list[tuple[Callable[..., Any], str]] = [
    (refuses_all, "sound records are refused"),
    (fails, "sound records end in KeyError"),
    (gives_objects, "expected str or bytes"),
    (gives_halves, "half.txt cannot be written as UTF-8"),
    (changes_records, "render changes what it is given"),
    (sorts_what_it_is_given, "render changes what it is given"),
    (counts, "a second call gives other bytes"),
    (keeps_the_order, "another order of the records gives other bytes"),
    (numbers_the_files, "the names of the files depend on the order"),
    (iterates_a_set, "a process with hash seed 1 gives other bytes"),
    (names_files_by_bare_ids, "'con.json' is a device on Windows"),
    (differs_in_case_alone, "'Notes.txt' and 'notes.txt' are one where case makes no difference"),
    (names_files_by_texts, "the names of the files depend on texts"),
    (leaves_the_folder, "the files cannot be written"),
    (writes_two_files_to_one_place, "written"),
    (refuses_apostrophes, "plain prose is refused"),
    (loses_marks, "come out alike"),
    (refuses_without_a_name, "the refusal does not name the record"),
    (refuses_with_a_code_of_nobody, "refused with the unknown code"),
    (refuses_as_if_the_command_were_wrong, "ends in UsageError"),
    (trips_over_line_breaks, "ends in ValueError"),
    (trips_over_braces, "ends in KeyError"),
    (takes_halves_of_characters, "the files cannot be written as UTF-8"),
    (lets_the_last_of_one_id_win, "two dialogue records with one id: taken"),
    (maps_two_ids_to_one, "record is lost"),
]


def messages(found: list[Finding]) -> list[str]:
    assert all(one.code == "GG010" for one in found)
    return [one.message for one in found]


def sound_files(files: Mapping[str, Any], record: Mapping[str, Any], walk: Walk) -> list[dict[str, Any]]:
    """A runtime of the format of `good`: it plays what stands in the files."""
    records = {one["id"]: one for one in map(json.loads, files.values())}
    return transcript(records[record["id"]], walk)


def test_a_good_exporter_keeps_every_promise() -> None:
    assert conform_exporter(exporter(good), runtime=sound_files) == []


@pytest.mark.parametrize(("render", "told"), BROKEN, ids=[render.__name__ for render, _ in BROKEN])
def test_a_broken_promise_is_told(render: Callable[..., Any], told: str) -> None:
    found = messages(conform_exporter(exporter(render)))
    assert found and all(message.startswith("exporter plain: ") for message in found)
    assert any(told in message for message in found), found


def test_an_order_that_the_format_keeps_is_no_fault() -> None:
    assert conform_exporter(exporter(keeps_the_order), ordered=True) == []


def test_what_cannot_be_tried_in_another_process_is_told_as_not_run() -> None:
    (found,) = conform_exporter(exporter(lambda records, options: good(records, options)))
    assert found.severity == "not_run"


# Iterators


def streamed(records: Iterator[Mapping[str, Any]], options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """As `good`, one record after the other, a file in two pieces."""
    seen: set[str] = set()
    for record in records:
        if record["id"] in seen:
            raise refusal(record, "two of one id", "GG051")
        seen.add(record["id"])
        ((name, content),) = good([record], options).items()
        yield name, content[:1]
        yield name, content[1:]


def streamed_twice(records: Iterator[Mapping[str, Any]], options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Looks at all records first, and finds none the second time."""
    if any("x" not in record for record in records):
        yield from streamed(records, options)


def test_a_streaming_exporter_keeps_every_promise() -> None:
    assert conform_exporter(exporter(streamed, streams=True), runtime=sound_files) == []


def test_a_streaming_exporter_that_looks_twice_loses_records() -> None:
    found = messages(conform_exporter(exporter(streamed_twice, streams=True)))
    assert any("taken, expected a refusal" in message or "come out alike" in message for message in found)


# Kinds of which gamegen knows nothing


OMEN = {"kind": "omen", "id": "omen_0001", "schema_version": 1, "sign": {"id": "omen_0001_0a1b2c3d", "text": "A star."}}


def omens(records: Records, options: Mapping[str, Any]) -> Files:
    for record in records:
        if record["kind"] == "omen" and record["schema_version"] != 1:
            raise refusal(record, "another version", "GG101")
    return good(records, options)


def needs_a_sign_of(records: Records, options: Mapping[str, Any]) -> Files:
    {"omen": 1}[records[0]["kind"]]
    return omens(records, options)


def test_an_exporter_of_another_kind_is_tried_on_records_of_its_own() -> None:
    assert conform_exporter(Exporter("plain", ("omen",), omens), [OMEN]) == []
    with pytest.raises(ValueError, match="holds no dialogues"):
        conform_exporter(Exporter("plain", ("omen",), omens))


def test_an_unknown_schema_version_must_be_refused() -> None:
    (found,) = messages(conform_exporter(Exporter("plain", ("omen",), good), [OMEN]))
    assert "an unknown schema version: taken, expected a refusal" in found


def test_an_unknown_kind_must_not_end_in_a_traceback() -> None:
    found = messages(conform_exporter(Exporter("plain", (), needs_a_sign_of), [OMEN]))
    assert found == ["exporter plain: an unknown kind: ends in KeyError: 'no_such_kind'"]


# Runtimes


def heard_with(change: Callable[[list[dict[str, Any]]], Any]) -> Callable[..., Any]:
    def runtime(files: Mapping[str, Any], record: Mapping[str, Any], walk: Walk) -> Any:
        heard = sound_files(files, record, walk)
        return change(heard)

    return runtime


def another_text(heard: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for line in heard[-1]["lines"]:
        line["text"] = line["text"].replace("\\", "")
    return heard


def another_speaker(heard: list[dict[str, Any]]) -> list[dict[str, Any]]:
    heard[0]["lines"][0]["speaker"] = "nobody"
    return heard


def another_value(heard: list[dict[str, Any]]) -> list[dict[str, Any]]:
    heard[-1]["state"]["locals"] = {
        key: int(value) if value is False else value for key, value in heard[-1]["state"]["locals"].items()
    }
    return heard


def another_choice(heard: list[dict[str, Any]]) -> list[dict[str, Any]]:
    heard[0]["choices"] = heard[0]["choices"][1:]
    return heard


def another_end(heard: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**moment, "end": moment["end"] and "over"} for moment in heard]


def no_choices(heard: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"lines": moment["lines"]} for moment in heard]


def no_texts(heard: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"lines": [{"id": line["id"]} for line in moment["lines"]], "choices": []} for moment in heard]


def something_else(heard: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**moment, "music": "slow"} for moment in heard]


RUNTIMES = [
    (another_text, "a text comes out otherwise"),
    (another_speaker, "lines[0].speaker: expected 'mira', found 'nobody'"),
    (another_value, ".state.locals.debt_: expected False, found 0"),
    (another_choice, "moment 0.choices"),
    (another_end, ".end: expected"),
    (no_choices, "found lines (choices)"),
    (no_texts, "found id (text)"),
    (something_else, "(music)"),
    (lambda heard: heard[:-1], "moments, found"),
    (lambda heard: None, "expected a list of moments, found NoneType"),
    (lambda heard: heard[7], "IndexError"),
]


@pytest.mark.parametrize(("change", "told"), RUNTIMES)
def test_a_runtime_that_says_something_else_is_told(change: Callable[..., Any], told: str) -> None:
    found = messages(conform_exporter(exporter(good), runtime=heard_with(change)))
    assert any(told in message for message in found), found


def test_dialogues_that_get_into_each_others_way_are_told() -> None:
    def forgetful(files: Mapping[str, Any], record: Mapping[str, Any], walk: Walk) -> Any:
        """Finds dialogues by what is left of their ids when underscores are gone."""
        records = {one["id"].replace("_", ""): one for one in map(json.loads, files.values())}
        return transcript(records[record["id"].replace("_", "")], walk)

    found = messages(conform_exporter(exporter(good), runtime=forgetful))
    assert found and all("get into each other's way" in message for message in found)


def test_a_runtime_may_leave_out_what_its_format_has_not() -> None:
    def terse(heard: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {key: [{"text": one["text"]} for one in moment[key]] for key in ("lines", "choices")} for moment in heard
        ]

    assert conform_exporter(exporter(good), runtime=heard_with(terse)) == []


# First-party formats


@pytest.mark.parametrize("options", [{}, {"single_file": True}], ids=["files", "single"])
@pytest.mark.parametrize("one", [ink.EXPORTER, yarn.EXPORTER], ids=lambda one: one.format)
def test_script_formats_conform(one: Exporter, options: dict[str, Any]) -> None:
    assert conform_exporter(one, options=options) == []


def test_json_conforms() -> None:
    assert conform_exporter(json_format.EXPORTER, ordered=True) == []


def test_the_records_of_the_kit_pass_their_proofs() -> None:
    from gamegen.exporting import unsound
    from gamegen.plugins import load_registry

    registry = load_registry()
    assert [unsound(record, registry) for record in (tangled(), talk(["Yes."]))] == [[], []]
