"""Which code made a build."""

import subprocess
from importlib.metadata import version

from dagster_project.settings import ROOT

CODE = ("dagster_project", "dbt", "seeds")  # what a build's figures depend on


def code_version() -> dict[str, object]:
    """The package's version and, in a git checkout, the commit and whether the code differs from it."""
    code: dict[str, object] = {"version": version("coffer"), "commit": None, "is_dirty": None}
    if not (ROOT / ".git").exists():
        return code
    command = ["git", "--no-optional-locks", "-C", str(ROOT), "status", "--porcelain=v2", "--branch", "--", *CODE]
    try:
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):  # no git, or a checkout that belongs to somebody else
        return code
    commit = next(line.split()[2] for line in lines if line.startswith("# branch.oid"))
    return {
        **code,
        "commit": None if commit == "(initial)" else commit,
        "is_dirty": any(not line.startswith("#") for line in lines),
    }
