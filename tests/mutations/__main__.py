"""The table of damages."""

from __future__ import annotations

import sys

from tests.mutations.table import rows


def main() -> int:
    """Exit code 1 if a damage fits no record, or is missed in one."""
    bad = caught = applied = 0
    sys.stdout.write(f"{'damage':45} {'kind':10} {'code':6} caught/applied\n")
    for row in rows():
        bad += row.applied == 0 or row.caught < row.applied
        caught, applied = caught + row.caught, applied + row.applied
        line = f"{row.damage.name:45} {row.damage.kind or 'any':10} {row.damage.code:6} {row.caught}/{row.applied}\n"
        sys.stdout.write(line + "".join(f"    missed in {each}\n" for each in row.missed))
    sys.stdout.write(f"{caught} of {applied} caught\n")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
