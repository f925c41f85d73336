"""The store: in order, resumable, never torn."""

from __future__ import annotations

import errno
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from gamegen.build.store import RecordStore
from gamegen.errors import HostFailed, UsageError
from gamegen.records import Record

INPUTS = {"kind": "toy", "seed": 7}
IDS = [f"toy_{n:04d}" for n in range(1, 7)]


def record(name: str) -> Record:
    return Record({"id": name, "kind": "toy", "text": f"Etwas für {name}"})


def ids_in(path: Path) -> list[str]:
    return [json.loads(line)["id"] for line in path.read_text(encoding="utf-8").splitlines()]


@given(st.permutations(IDS), st.lists(st.integers(0, 6), max_size=3))
@settings(max_examples=60, deadline=None)
def test_any_order_of_arrival_and_any_stops_give_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, order: list[str], stops: list[int]
) -> None:
    path = tmp_path_factory.mktemp("store") / "toys.jsonl"
    for stop in [*stops, len(order)]:
        with RecordStore(path, INPUTS, IDS) as store:
            missing = set(store.missing)
            for name in [name for name in order if name in missing][:stop]:
                store.add(record(name))
    assert path.read_text(encoding="utf-8") == "".join(record(name).to_line() + "\n" for name in IDS)


def test_a_record_reaches_the_file_as_soon_as_it_is_due(tmp_path: Path) -> None:
    path = tmp_path / "toys.jsonl"
    with RecordStore(path, INPUTS, IDS) as store:
        store.add(record(IDS[1]))
        assert ids_in(path) == []
        store.add(record(IDS[0]))
        assert ids_in(path) == IDS[:2]


def test_a_finished_run_has_nothing_left_to_do(tmp_path: Path) -> None:
    path = tmp_path / "toys.jsonl"
    with RecordStore(path, INPUTS, IDS[:2]) as store:
        for name in IDS[:2]:
            store.add(record(name))
    with RecordStore(path, INPUTS, IDS[:2]) as store:
        assert store.missing == []


def test_a_larger_count_goes_on_where_the_smaller_ended(tmp_path: Path) -> None:
    path = tmp_path / "toys.jsonl"
    with RecordStore(path, INPUTS, IDS[:2]) as store:
        for name in IDS[:2]:
            store.add(record(name))
    with RecordStore(path, INPUTS, IDS) as store:
        assert store.missing == IDS[2:]


def test_a_smaller_count_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "toys.jsonl"
    with RecordStore(path, INPUTS, IDS) as store:
        for name in IDS:
            store.add(record(name))
    with RecordStore(path, INPUTS, IDS[:2]) as store:
        assert store.missing == []
    assert ids_in(path) == IDS


def test_another_runs_file_is_refused_and_the_difference_named(tmp_path: Path) -> None:
    path = tmp_path / "toys.jsonl"
    with RecordStore(path, INPUTS, IDS) as store:
        store.add(record(IDS[0]))
    before = path.read_bytes()
    with pytest.raises(UsageError, match="seed was 7, now 8"), RecordStore(path, {**INPUTS, "seed": 8}, IDS):
        pass
    assert path.read_bytes() == before


def test_a_file_of_unknown_origin_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "toys.jsonl"
    path.write_text("something of mine\n", encoding="utf-8")
    with pytest.raises(UsageError, match="GG007"), RecordStore(path, INPUTS, IDS):
        pass
    assert path.read_text(encoding="utf-8") == "something of mine\n"


def test_overwrite_replaces_another_runs_file(tmp_path: Path) -> None:
    path = tmp_path / "toys.jsonl"
    path.write_text("something of mine\n", encoding="utf-8")
    with RecordStore(path, INPUTS, IDS, overwrite=True) as store:
        assert store.missing == IDS
        store.add(record(IDS[0]))
    assert ids_in(path) == IDS[:1]


@pytest.mark.parametrize("name", ["toys.jsonl", "toys.jsonl.journal"])
def test_a_torn_last_line_is_cut_off_and_made_again(tmp_path: Path, name: str) -> None:
    path = tmp_path / "toys.jsonl"
    with RecordStore(path, INPUTS, IDS) as store:
        store.add(record(IDS[0]))
        store.add(record(IDS[3]))
    with (tmp_path / name).open("ab") as file:
        file.write(b'{"id": "toy_00')
    with RecordStore(path, INPUTS, IDS) as store:
        assert store.missing == [IDS[1], IDS[2], IDS[4], IDS[5]]
        for missing in store.missing:
            store.add(record(missing))
    assert ids_in(path) == IDS


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "toys.jsonl"
    with (
        RecordStore(path, INPUTS, IDS),
        pytest.raises(HostFailed, match="GG009"),
        RecordStore(path, INPUTS, IDS),
    ):
        pass


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(HostFailed, match="GG008"), RecordStore(tmp_path / "file" / "toys.jsonl", INPUTS, IDS):
        pass


def test_a_full_disk_loses_nothing_that_was_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "toys.jsonl"

    class FullDisk(io.FileIO):
        room = 0

        def write(self, data: object) -> int:
            part = bytes(data)[: FullDisk.room]  # type: ignore[call-overload]
            if not part:
                raise OSError(errno.ENOSPC, "No space left on device")
            FullDisk.room -= len(part)
            return super().write(part)

    with RecordStore(path, INPUTS, IDS) as store:
        store.add(record(IDS[0]))
        with monkeypatch.context() as patch:
            patch.setattr(store, "_file", FullDisk(path, "ab"))
            FullDisk.room = 11
            with pytest.raises(HostFailed, match="No space left"):
                store.add(record(IDS[1]))
    assert path.read_bytes() == record(IDS[0]).to_line().encode() + b"\n"
    with RecordStore(path, INPUTS, IDS) as store:
        assert store.missing == IDS[1:]
