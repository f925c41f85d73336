"""For plugin authors: an engine without a model, and conformance kits.

`FakeEngine` answers every job at once with text that obeys the job's schema fragment, a function of the job alone.
`conform` runs a generator with it, `conform_exporter` an exporter with hard records; both return every broken promise
of the plugin contract as a finding. `transcript` is what a runtime of an exporter's format has to say.
"""

from __future__ import annotations

from .engine import FakeEngine, fake_instance, fake_text
from .exporters import conform_exporter
from .generators import conform
from .hard import HARD_TEXTS, HARD_VALUES, PLAIN_TEXTS, talk, tangled
from .transcripts import Runtime, transcript

__all__ = [
    "HARD_TEXTS",
    "HARD_VALUES",
    "PLAIN_TEXTS",
    "FakeEngine",
    "Runtime",
    "conform",
    "conform_exporter",
    "fake_instance",
    "fake_text",
    "talk",
    "tangled",
    "transcript",
]
