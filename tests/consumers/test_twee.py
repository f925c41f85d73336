"""The plugin `gamegen-twee`: extwee compiles its stories, the real SugarCube 2.31.1 plays them in jsdom."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from gamegen.errors import InvalidContent
from gamegen.plays import Walk, walks
from gamegen.testing import conform_exporter, talk, tangled, transcript
from tests.consumers.kit_runtimes import Address, TweeKit
from tests.consumers.runtimes import NodeRuntime, Play
from tests.strategies import proven_dialogues, texts

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "samples" / "plugins" / "twee"
sys.path.append(str(PLUGIN))
from gamegen_twee import names, story  # noqa: E402

WORLDS = ("saltmarrow", "perihelion")


def bare(name: str) -> str:
    """A variable as SugarCube's own table has it."""
    return name.removeprefix("$")


ADDRESS = Address(
    names.passage,
    lambda record, kind, id: bare(names.variable(record, kind, id)),
    lambda record: bare(names.reached(record)),
)


@pytest.fixture(scope="module")
def twee(node: Path, modules: Path) -> Iterator[TweeKit]:
    runtime = NodeRuntime(node, modules, "twee_play.js")
    yield TweeKit(runtime, ADDRESS)
    runtime.close()


def held(twee: TweeKit, records: list[dict[str, Any]], taken: list[tuple[dict[str, Any], Walk]]) -> None:
    """The walks through the records, exported together, play as in the reference player."""
    files = story.render(records, {})
    for record, walk in taken:
        assert twee(files, record, walk) == transcript(record, walk)


@pytest.mark.parametrize("options", [{}, {"per_record": True}], ids=["one", "files"])
def test_twee_conforms(twee: TweeKit, options: dict[str, Any]) -> None:
    assert conform_exporter(story.EXPORTER, runtime=twee, options=options) == []


@pytest.mark.parametrize("world", WORLDS)
def test_every_dialogue_of_the_gallery_plays_as_in_the_reference_player(twee: TweeKit, world: str) -> None:
    lines = (ROOT / "samples" / "gallery" / world / "dialogue.jsonl").read_text("utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    held(twee, records, [(record, walk) for record in records for walk in walks(record, seed=1, random=2)])


ANY = settings(
    deadline=None,
    max_examples=15,
    # Shrinking asks the runtime for minutes; a dialogue of a few nodes can be read as it is.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@ANY
@given(record=proven_dialogues())
def test_any_dialogue_plays_as_in_the_reference_player(twee: TweeKit, record: dict[str, Any]) -> None:
    held(twee, [record], [(record, walk) for walk in walks(record, seed=1, random=5)])


@ANY
@given(lines=st.lists(texts(), min_size=30, max_size=60))
def test_any_text_of_the_text_profile_is_read_to_the_character(twee: TweeKit, lines: list[str]) -> None:
    record = talk(lines, names=[line.replace("{{", "{").replace("}}", "}") for line in lines[:3]])
    held(twee, [record], [(record, Walk())])


STRINGS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), max_size=20)


@ANY
@given(values=st.lists(STRINGS, min_size=1, max_size=30))
def test_any_string_value_is_kept(twee: TweeKit, values: list[str]) -> None:
    record = tangled()
    flags = {f"f{n}": value for n, value in enumerate(values)}
    record["refs"] += [
        {"type": "flag", "id": id, "name": id, "value_type": "string", "initial": value} for id, value in flags.items()
    ]
    read = Play([{"get": [f"flag_{id}" for id in flags]}])
    ((found,),) = twee.play(story.render([record], {}), [read])["plays"]
    assert found == {f"flag_{id}": value for id, value in flags.items()}


def test_a_second_play_starts_afresh(twee: TweeKit) -> None:
    record = tangled()
    begin = {"goto": names.passage(record["id"])}
    (found,) = twee.play(story.render([record], {}), [Play([begin, {"choose": 0}, begin])])["plays"]
    assert found[0] == found[2] != found[1]


def test_extwee_reads_the_story_as_it_was_meant(twee: TweeKit) -> None:
    records = [tangled(), talk(["Yes."])]
    read = twee.play(story.render(records, {"title": "The Lens & the <Sea>"}), [])["story"]
    assert (read["name"], read["format"], read["start"]) == ("The Lens & the <Sea>", "SugarCube", "gamegen_start")
    assert re.fullmatch(r"[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}", read["ifid"])
    assert read["ifid"] == story.ifid(record["id"] for record in records)


def test_the_first_page_leads_into_every_dialogue() -> None:
    files = story.render([tangled(), talk(["Yes."])], {})
    start = files["story.twee"].split(":: gamegen_start [nobr]\n")[1].split("\n\n")[0]
    assert re.findall(r'<<link "([^"]*)" "([^"]*)">>', start) == [
        ("talk&#95;0001", "dialogue_talk_0001"),
        ("what looks alike", "dialogue_talk_0002"),
    ]


OWN = """\
:: StoryTitle
Mine

:: StoryData
{"ifid": "D674C58C-DEFA-4F70-B7A2-27742230C0FC", "format": "SugarCube", "format-version": "2.31.1", "start": "Mine"}

:: StoryInit
<<include "gamegen_state">>
<<set $item_ore to 0>>

:: Mine [nobr]
<p>Here.</p>

:: gamegen_over [nobr]
<p>Over.</p>
"""


def test_a_fragment_joins_a_story_of_its_own(twee: TweeKit) -> None:
    record = tangled()
    files = {"own.twee": OWN, **story.render([record], {"fragment": True})}
    assert twee.play(files, [])["story"]["name"] == "Mine"
    for walk in walks(record, seed=1, random=0):
        assert twee(files, record, walk) == transcript(record, walk)


def test_the_id_of_the_story_outlives_edits_and_changes_with_its_records() -> None:
    first = re.search(r'"ifid": "(.*)"', story.render([talk(["Yes."])], {})["story.twee"])
    second = re.search(r'"ifid": "(.*)"', story.render([talk(["No."])], {})["story.twee"])
    assert first and second and first[1] == second[1] != story.ifid(["talk_0001", "talk_0002"])


def changed(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    record = tangled()
    change(record)
    return record


def flag(value: Any, id: str = "sky") -> dict[str, Any]:
    return {"type": "flag", "id": id, "name": id, "value_type": "string", "initial": value}


REFUSED: list[tuple[str, list[dict[str, Any]]]] = [
    (
        "GG050 record talk_0002: Twine holds integers up to 9007199254740991",
        [changed(lambda r: r["refs"].append(flag(2**53, "far")))],
    ),
    (
        "GG050 record talk_0002: expected an id of small letters",
        [changed(lambda r: r["nodes"][0].update(speaker='x">>'))],
    ),
    (
        "GG050 record talk_0002: '<<' is no name",
        [changed(lambda r: r["placeholders"].append({"name": "<<", "value": "x"}))],
    ),
    ("GG050 record talk_0002: expected printable", [changed(lambda r: r["refs"].append(flag("a\nb", "far")))]),
    (
        "GG052 $flag_sky begins as 'fog' in record talk_0001 and as 'rain'",
        [{**talk(["Yes."]), "refs": [flag("fog")]}, tangled()],
    ),
    ("GG101 record talk_0002: expected schema_version 1, found 2", [changed(lambda r: r.update(schema_version=2))]),
    (
        "GG305 record talk_0002: expected a local that the record declares, found 'mood'",
        [changed(lambda r: r["variables"].pop(0))],
    ),
    ("GG316 record talk_0002: expected a listed placeholder", [changed(lambda r: r.update(placeholders=[]))]),
]


@pytest.mark.parametrize(("message", "records"), REFUSED, ids=[message.split(":")[0] for message, _ in REFUSED])
def test_what_it_cannot_hold_is_refused_by_name(message: str, records: list[dict[str, Any]]) -> None:
    with pytest.raises(InvalidContent) as caught:
        story.render(records, {})
    assert any(message in str(one) for one in caught.value.findings)


def test_the_readme_shows_what_is_written() -> None:
    page = (PLUGIN / "README.md").read_text("utf-8")
    source = re.search(r"```json\n(.*?)```", page, re.DOTALL)
    assert source
    written = story.render([json.loads(source[1])], {"per_record": True})["dialogue_bell_0001.twee"]
    assert written == page[page.index(":: dialogue_bell_0001") :].split("```")[0]
    for excerpt in re.findall(r"\| `(<[^`…]*)` \|", (ROOT / "docs" / "formats" / "twee.md").read_text("utf-8")):
        assert excerpt.removesuffix("…<</if>>") in written


def test_the_installed_plugin_exports_from_the_command_line(tmp_path: Path) -> None:
    site, out = tmp_path / "site", tmp_path / "out"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", site, PLUGIN], check=True)
    content = ROOT / "samples" / "gallery" / "saltmarrow" / "dialogue.jsonl"
    command = [
        sys.executable,
        "-m",
        "gamegen",
        "export",
        "twee",
        str(content),
        "--out",
        str(out),
        "--set",
        "title=Talks",
    ]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(site)}, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in content.read_text("utf-8").splitlines()]
    assert (out / "story.twee").read_text("utf-8") == story.render(records, {"title": "Talks"})["story.twee"]
