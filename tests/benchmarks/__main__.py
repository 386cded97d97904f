"""Run every benchmark, or those named: `python tests/benchmarks [NAME ...] [--OPTION ...]`.

Options are handed on to each; so name those that know them.

Figures are printed as ratios against a baseline of the same run where that makes sense: machines
are shared and noisy. Nothing here passes or fails.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Run benchmarks one after the other; return the number that did not end well."""
    cut = next((k for k, one in enumerate(arguments) if one.startswith("-")), len(arguments))
    names, options = arguments[:cut], arguments[cut:]
    found = {p.stem.removeprefix("bench_"): p for p in Path(__file__).parent.glob("bench_*.py")}
    unknown = [name for name in names if name not in found]
    if unknown:
        sys.stderr.write(f"no benchmark {unknown[0]!r}; there are {', '.join(sorted(found))}\n")
        return 2
    failed = 0
    for name in names or sorted(found):
        sys.stdout.write(f"\n== {name}\n")
        sys.stdout.flush()
        command = [sys.executable, str(found[name]), *options]
        failed += subprocess.run(command, check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
