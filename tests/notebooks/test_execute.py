"""The executor: what runs again and what does not, what a failure says, what a killed build leaves."""

import os
import signal
import subprocess
import sys
import time

import nbformat
import psutil
import pytest

PRINTS = "from chainrule import used\nprint('value', used.VALUE)"


def wait_for(condition, seconds=60):
    """Wait until `condition()` is true; fail after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def test_runs_again_what_a_change_touches_and_nothing_else(book):
    book.chapter("one", PRINTS)
    book.chapter("two", "print('alone')")
    book.toc("one", "two")
    status, ran, said = book.execute()
    assert (status, ran) == (0, ["one", "two"]), said
    assert "cpu" in said and "[2/2]" in said
    assert book.execute()[:2] == (0, [])

    book.write("src/chainrule/unused.py", "VALUE = 3\n")
    assert book.execute()[:2] == (0, [])
    book.write("src/chainrule/used.py", "VALUE = 7\n")
    assert book.execute()[:2] == (0, ["one"])
    assert book.printed("one") == "value 7\n"

    book.chapter("two", "print('alone')", prose="Other words.")
    assert book.execute()[:2] == (0, [])
    assert "Other words." in book.result("two").read_text()
    assert book.printed("two") == "alone\n"

    book.write("requirements.txt", "numpy>=2\n")
    assert book.execute()[:2] == (0, ["one", "two"])


def test_a_tag_counts_and_an_alt_text_does_not(book):
    book.chapter("one", "print(1)")
    book.toc("one")
    assert book.execute()[:2] == (0, ["one"])
    book.chapter("one", "print(1)", tags=["raises-exception"])
    assert book.execute()[:2] == (0, ["one"])
    source = book.root / "chapters/one.py"
    source.write_text(source.read_text().replace("# %% tags", '# %% mystnb={"image": {"alt": "words"}} tags'))
    assert book.tool("derive.py").returncode == 0
    assert book.execute()[:2] == (0, [])
    assert '"alt": "words"' in book.result("one").read_text()


def test_data_beside_an_imported_module_counts(book):
    book.write("src/chainrule/figures.txt", "1")
    book.chapter("one", "import pathlib\nprint((pathlib.Path(chainrule.__file__).parent / 'figures.txt').read_text())")
    book.toc("one")
    assert book.execute()[:2] == (0, ["one"])
    book.write("src/chainrule/figures.txt", "2")
    assert book.execute()[:2] == (0, ["one"])
    assert book.printed("one") == "2\n"


def test_a_failed_cell_fails_the_build_and_says_where(book):
    book.chapter("bad", "x = 1", "x / (x - 1)  # the culprit", "print('never')")
    book.chapter("good", "print('fine')")
    book.toc("bad", "good")
    status, ran, said = book.execute()
    assert status == 1
    assert ran == ["bad", "good"]
    assert "chapters/bad.ipynb, code cell 3 of 4" in said
    assert said.count("x / (x - 1)  # the culprit") >= 2  # the source, and the traceback's arrow
    assert "ZeroDivisionError: division by zero" in said
    assert "\x1b[" not in said
    assert not book.result("bad").exists()
    assert book.printed("good") == "fine\n"
    book.chapter("bad", "x = 2", "x / (x - 1)", "print('mended')")
    assert book.execute()[:2] == (0, ["bad"])


@pytest.mark.parametrize(
    ("cell", "tags", "says"),
    [
        ("import time; time.sleep(60)", (), "for more than 2 seconds"),
        ("import os; os._exit(1)", (), "the kernel died"),
        ("print(1)", ("skip-execution",), "a cell that does not run proves nothing"),
    ],
)
def test_a_cell_that_does_not_end_is_a_failure(book, cell, tags, says):
    book.chapter("bad", cell, tags=tags)
    book.toc("bad")
    status, _, said = book.execute("--timeout", 2)
    assert status == 1
    assert "code cell 2 of 2" in said and says in said
    assert not book.result("bad").exists()


def damage_half(path):
    path.write_text(path.read_text()[: path.stat().st_size // 2])


def damage_output(path):
    path.write_text(path.read_text().replace("fine", "fane"))


def damage_stripped(path):
    path.write_text(nbformat.writes(nbformat.v4.new_notebook()))


@pytest.mark.parametrize("damage", [damage_half, damage_output, damage_stripped])
def test_a_damaged_result_is_made_again(book, damage):
    book.chapter("one", "print('fine')")
    book.toc("one")
    assert book.execute()[0] == 0
    whole = book.result("one").read_text()
    damage(book.result("one"))
    assert book.result("one").read_text() != whole
    assert book.execute()[:2] == (0, ["one"])
    assert book.printed("one") == "fine\n"


def test_a_result_whose_page_left_the_book_is_removed(book):
    book.chapter("one", "print(1)")
    book.chapter("two", "print(2)")
    book.toc("one", "two")
    assert book.execute()[0] == 0
    book.toc("one")
    assert book.execute()[:2] == (0, [])
    assert book.result("one").exists() and not book.result("two").exists()


def processes_of(book):
    """Return the processes that have this book's folder on their command line."""
    listed = psutil.process_iter(["cmdline"])
    return [process for process in listed if str(book.root) in " ".join(process.info["cmdline"] or ())]


def alive(pid):
    """Return whether a process runs (a zombie does not)."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_kill_9_in_the_middle_poisons_nothing(book):
    wait = f"import pathlib, time\nmark = pathlib.Path({str(book.root / 'running')!r})"
    sleep = "if not mark.exists():\n    mark.write_text(str(__import__('os').getpid()))\n    time.sleep(600)"
    book.chapter("quick", "print('quick')")
    book.chapter("slow", wait, sleep, "print('whole')")
    book.toc("quick", "slow")
    with subprocess.Popen(book.command("execute.py"), cwd=book.root, stdout=subprocess.DEVNULL) as build:
        marked = book.root / "running"
        wait_for(lambda: marked.exists() and marked.read_text() and book.result("quick").exists())
        os.kill(build.pid, signal.SIGKILL)
    kernel = int(marked.read_text())
    wait_for(lambda: not processes_of(book), 30)
    wait_for(lambda: not alive(kernel), 30)
    left = book.result("slow").with_name(".slow.ipynb.123.tmp")
    left.write_text("{")

    status, ran, said = book.execute()
    assert (status, ran) == (0, ["slow"]), said
    assert (book.printed("quick"), book.printed("slow")) == ("quick\n", "whole\n")
    assert sorted(p.name for p in book.result("slow").parent.iterdir()) == ["quick.ipynb", "slow.ipynb"]


def test_two_builds_at_once_run_each_notebook_once(book):
    count = book.root / "count"
    book.chapter("one", f"import time; time.sleep(1)\nwith open({str(count)!r}, 'a') as f:\n    f.write('x')")
    book.toc("one")
    builds = [
        subprocess.Popen(book.command("execute.py"), cwd=book.root, stdout=subprocess.PIPE, text=True) for _ in "ab"
    ]
    said = [build.communicate()[0] for build in builds]
    assert [build.returncode for build in builds] == [0, 0], said
    assert count.read_text() == "x"
    assert sum("another build is executing" in text for text in said) == 1


def test_no_kernel_reaches_the_network(book):
    attempt = (
        "import socket, urllib.request\n"
        "for attempt in (lambda: urllib.request.urlopen('https://example.org', timeout=2),\n"
        "                lambda: socket.create_connection(('192.0.2.1', 80), timeout=2),\n"
        "                lambda: socket.socket().connect_ex(('192.0.2.1', 80)),\n"
        "                lambda: socket.getaddrinfo('example.org', 80)):\n"
        "    try:\n        attempt()\n    except OSError as error:\n        print(error)\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "print(socket.create_connection(server.getsockname()).getpeername()[0])"
    )
    book.chapter("one", attempt)
    book.toc("one")
    assert book.execute()[0] == 0
    lines = book.printed("one").splitlines()
    assert len(lines) == 5
    assert all("the book runs offline" in line for line in lines[:4])
    assert lines[4] == "127.0.0.1"


def test_a_kernel_starts_in_an_empty_folder_with_one_thread(book):
    book.chapter("one", "import os\nprint(os.listdir(), os.environ['OMP_NUM_THREADS'], os.environ['PYTHONHASHSEED'])")
    book.toc("one")
    assert book.execute()[0] == 0
    assert book.printed("one") == "[] 1 0\n"


def test_a_chapter_that_is_named_and_missing_is_said_plainly(book):
    book.chapter("one", "print(1)")
    book.toc("one", "nowhere")
    status, _, said = book.execute()
    assert status == 1
    assert "_toc.yml names chapters/nowhere, but there is no chapters/nowhere.py" in said
    assert "Traceback" not in said


def test_words_on_stderr_after_the_last_cell_spoil_no_run(book):
    """A library that says something late, while the kernel is asked for its CPU time, is no part of the answer."""
    talks = [
        "import builtins, sys",
        "quiet = print",
        "def talking(*values, **options):",
        "    quiet(*values, **options, flush=True)",
        "    quiet('woken', file=sys.stderr, flush=True)",
        "builtins.print = talking",
        "quiet(1)",
    ]
    book.chapter("one", "\n".join(talks))
    book.toc("one")
    status, ran, said = book.execute()
    assert (status, ran) == (0, ["one"]), said
    assert book.printed("one") == "1\n"
