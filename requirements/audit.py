"""Ask the package index for known vulnerabilities of everything that a night needs: pip-audit.

Fails where there is one. Where nobody can be asked (no network, an index without advisories), it says of how
many packages nothing is known, and does not fail: a night's tests must run on a machine without the internet.
"""

import json
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).with_name("run.txt")
OPTIONS = [
    "--require-hashes",
    "--disable-pip",
    "--progress-spinner",
    "off",
    "--format",
    "json",
    "--timeout",
    "5",
]
PATIENCE_SECONDS = 90


def main() -> int:
    """Print what is known; the exit code is 1 where a vulnerability is."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(LOCK), *OPTIONS]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
        packages = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        print("pip-audit: nobody could be asked for advisories, so nothing is known of what we depend on")
        return 0
    unknown = sum("skip_reason" in package for package in packages)
    vulnerable = [
        f"{package['name']} {package['version']}: {fault['id']}, mended in {fault['fix_versions'] or 'none'}"
        for package in packages
        for fault in package.get("vulns", [])
    ]
    counts = f"{unknown} of them unknown to the index, {len(vulnerable)} vulnerabilities"
    print(f"pip-audit: {len(packages)} packages, {counts}")
    print(*vulnerable, sep="\n", end="\n" * bool(vulnerable))
    return bool(vulnerable)


if __name__ == "__main__":
    sys.exit(main())
