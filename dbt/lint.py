"""Lint the SQL that has changed since it last passed, and remember what passes.

    python dbt/lint.py [--fix] [--all]

sqlfluff needs two CPU seconds a file, seven minutes for all. So `linted.sha256` holds, for each file that
passed, one hash of its text, of the rules and of sqlfluff's version: what has changed since is linted again,
here and in CI. Macros are read where they are used, and not remembered: after changing one, `--all`.
"""

import argparse
import os
import subprocess
import sys
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

DBT = Path(__file__).resolve().parent
RECORD = DBT / "linted.sha256"
RULES = (DBT / ".sqlfluff").read_bytes() + version("sqlfluff").encode()
TARGET = DBT.parent / "data" / "dbt" / "lint"  # dbt, on which the templater rests, writes there


def hash_of(file: str) -> str:
    """The hash of a file's text and of what it is judged by."""
    return sha256(RULES + (DBT / file).read_bytes()).hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fix", action="store_true", help="mend what can be mended")
    parser.add_argument("--all", action="store_true", help="lint files that have passed, too")
    arguments = parser.parse_args()

    files = sorted(
        str(path.relative_to(DBT)) for part in ("models", "tests") for path in (DBT / part).rglob("*.sql")
    )
    lines = RECORD.read_text().splitlines() if RECORD.exists() else []
    passed = dict(reversed(line.split("  ", 1)) for line in lines)
    wanted = [file for file in files if arguments.all or passed.get(file) != hash_of(file)]
    print(f"sqlfluff: {len(wanted)} of {len(files)} files have changed since they passed", flush=True)
    if not wanted:
        return 0
    command = ["sqlfluff", "fix" if arguments.fix else "lint", *wanted]
    options = ["--processes", "2", "--disable-progress-bar", "--nocolor"]
    folders = {"DBT_TARGET_PATH": str(TARGET), "DBT_LOG_PATH": str(TARGET)}
    code = subprocess.run([*command, *options], cwd=DBT, env=os.environ | folders, check=False).returncode
    if code == 0:
        passed |= {file: hash_of(file) for file in wanted}
        RECORD.write_text("".join(f"{passed[file]}  {file}\n" for file in files))
    return code


if __name__ == "__main__":
    sys.exit(main())
