"""The GitHub workflows, which cannot run here: least rights, pinned actions, time limits, the same make targets."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# Each was read, with its version beside it, in workflows that other public projects have committed.
PINS = {
    "actions/checkout": "11bd71901bbe5b1630ceea73d27597364c9af683",  # v4.2.2
    "actions/setup-python": "a26af69be951a213d495a4c3e4e4022e16d87065",  # v5.6.0
    "actions/upload-artifact": "ea165f8d65b6e75b540449e92b4886f43607fa02",  # v4.6.2
    "actions/upload-pages-artifact": "56afc609e74202658d3ffba0e8f6dda462b719fa",  # v3.0.1
    "actions/deploy-pages": "d6db90164ac5ed86f2b6aed7e0febac5b3c0c03e",  # v4.0.5
}
WRITES = {("publish", "deploy"): {"pages", "id-token"}, ("weekly", "report"): {"issues"}}


def faults(name, text, targets):
    """Return sentences on what a workflow may not do."""
    flow, found = yaml.safe_load(text), []
    if flow.get("permissions") != {"contents": "read"}:
        found.append("permissions are not contents: read")
    for action, version in re.findall(r"uses:\s*([^\s@]+)@(\S+)", text):
        if not re.fullmatch(r"[0-9a-f]{40}", version):
            found.append(f"{action} is not pinned by commit")
    for line in text.splitlines():
        if "uses:" in line and not re.search(r"@\S+ # v\d", line):
            found.append(f"no version beside the pin: {line.strip()}")
    for job_name, job in flow["jobs"].items():
        if not isinstance(job.get("timeout-minutes"), int):
            found.append(f"{job_name} has no timeout-minutes")
        writes = {right for right, level in job.get("permissions", {}).items() if level != "read"}
        if not writes <= WRITES.get((name, job_name), set()):
            found.append(f"{job_name} may write {sorted(writes)}")
        for step in job["steps"]:
            checkout = step.get("uses", "").startswith("actions/checkout@")
            if checkout and step.get("with", {}).get("persist-credentials") is not False:
                found.append(f"{job_name} keeps the credentials of its checkout")
            if "${{" in step.get("run", ""):
                found.append(f"{job_name} pastes an expression into a script")
            called = re.findall(r"\bmake ((?:[a-z][a-z-]*\s*)+)", step.get("run", "").replace("install make", ""))
            unknown = {word for words in called for word in words.split()} - targets
            found += [f"{job_name} calls make {word}, which is no target" for word in sorted(unknown)]
    return found


def targets():
    """Return the targets of the Makefile."""
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_keeps_the_rules(path):
    assert faults(path.stem, path.read_text("utf-8"), targets()) == []


def test_pins_are_those_that_were_read():
    text = "".join(path.read_text("utf-8") for path in WORKFLOWS)
    assert dict(re.findall(r"uses:\s*([^\s@]+)@(\S+)", text)) == PINS


def test_the_matrix_has_the_oldest_and_the_newest_python_on_three_systems():
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))["jobs"]
    assert all(job["strategy"]["matrix"]["python"] == ["3.11", "3.13"] for job in jobs.values())
    systems = {jobs["everything"]["runs-on"], *jobs["elsewhere"]["strategy"]["matrix"]["os"]}
    assert {system.split("-")[0] for system in systems} == {"ubuntu", "macos", "windows"}


GOOD = (ROOT / ".github/workflows/publish.yml").read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("contents: read", "contents: write"),
        ("permissions:\n  contents: read\n", ""),
        ("@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2", "@v4 # v4.2.2"),
        (" # v4.2.2", ""),
        ("persist-credentials: false", "persist-credentials: true"),
        ("    timeout-minutes: 45\n", ""),
        ("id-token: write", "contents: write"),
        ("make book CPU=1", "echo ${{ github.head_ref }}"),
        ("make book CPU=1", "make bok CPU=1"),
    ],
)
def test_a_planted_fault_is_caught(old, new):
    assert old in GOOD
    assert faults("publish", GOOD.replace(old, new, 1), targets())


def test_ci_calls_only_targets_of_the_makefile():
    called = set(re.findall(r"\bmake ([a-z][a-z-]*)", (ROOT / ".ci/run").read_text("utf-8")))
    assert called and called <= targets()
    checked = set(re.search(r"^check: ([^#]*)##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)[1].split())
    checked = (checked - {"test"}) | {"unit", "nbval"}
    assert checked == called - {"setup"}
