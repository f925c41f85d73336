"""The first-party script formats keep every promise of `gamegen.testing.conform_exporter` in their real runtimes."""

from __future__ import annotations

from typing import Any

import pytest

from gamegen.testing import conform_exporter
from gamegen_exporters import ink as ink_format, yarn as yarn_format
from tests.consumers.kit_runtimes import InkKit, YarnKit
from tests.consumers.runtimes import Ink, Yarn
from tests.dialogue_records import forge


@pytest.mark.parametrize("runtime", ["inkjs", "bink"])
def test_ink_conforms(ink: Ink, runtime: str) -> None:
    assert conform_exporter(ink_format.EXPORTER, runtime=InkKit(ink, runtime)) == []


def test_ink_conforms_on_records_of_its_own(ink: Ink) -> None:
    assert conform_exporter(ink_format.EXPORTER, [forge()], runtime=InkKit(ink, "bink")) == []


@pytest.mark.parametrize("options", [{}, {"single_file": True}], ids=["files", "single"])
def test_yarn_conforms(yarn: Yarn, options: dict[str, Any]) -> None:
    assert conform_exporter(yarn_format.EXPORTER, runtime=YarnKit(yarn), options=options) == []
