"""Attacks on a grader's own parts: its channels, its files, what it writes after a run.

They know how ``storagelab grade`` works inside, and do nothing elsewhere.
"""

from __future__ import annotations

from pathlib import Path

from tests.sandgrader.hostile.case import STEMS, Case, Work, cheat, lost, right, whole

FIND = """
import base64, gc, json, os, socket, struct

def frame(message):
    content = message if isinstance(message, bytes) else json.dumps(message).encode()
    return struct.pack("!Q", len(content)) + content

sockets = [item for item in gc.get_objects() if isinstance(item, socket.socket)]
graders = [item for item in gc.get_objects()
           if type(item).__name__ == "Interpreter" and hasattr(type(item), "serve")]
answering = [item for item in gc.get_objects()
             if isinstance(item, dict) and {"files", "run", "take", "bind"} <= item.keys()]

def say(content):
    for item in sockets:
        try:
            item.settimeout(2)
            item.sendall(content)
        except (OSError, ValueError):
            pass
"""
"""Finds the channels to the grader, the object that answers it, and what it answers with."""

FULL = (
    "{'output_type': 'execute_result', 'execution_count': 1, 'metadata': {}, "
    "'data': {'text/plain': '10.0'}}"
)


def wire(name: str, story: str, code: str) -> Case:
    """Return who knows nothing and speaks on the grader's channels in the last answer's cell."""
    return cheat(name, story, f"{FIND.strip()}\n\n{code.strip()}", at="decide")


def _replaced_by_folder(folder: Path) -> None:
    (folder / "notes.txt").write_text("notes\n", encoding="utf-8")
    (folder / "data").mkdir()
    (folder / "data" / "one.txt").write_text("1\n", encoding="utf-8")


def _without_last(folder: Path) -> None:
    (folder / f"{STEMS['checkpoint']}.ipynb").unlink()


def _long_text(work: Work) -> None:
    work.after("conclude", "conclusion = conclusion * 40_000_000")


PACK = [
    wire(
        "wire_forged_outputs",
        "answers the grader in advance, as a test's cell that earned all points would",
        f"for _ in range(20):\n    say(frame({{'outputs': [{FULL}], 'count': 1}}))",
    ),
    wire(
        "wire_forged_answers",
        "adds names to the answers: `checking`, `abs`, `law`, `planted`, `__builtins__`",
        """
for grader in answering:
    real = grader["take"]
    def take(order, real=real):
        reply = real(order)
        function = {"t": "function", "v": 0, "name": "abs"}
        for name in ("checking", "abs", "law", "globals", "__builtins__", "PARTS", "load_track"):
            reply["answers"][name] = function
        reply["answers"]["times_faster"] = {"t": "scalar", "dtype": "|O8", "shape": [], "v": ""}
        return reply
    grader["take"] = take
""",
    ),
    wire(
        "wire_damaged_answers",
        "answers with values that no decoder expects",
        """
strange = [{"t": "dict", "v": [[{"t": "list", "v": []}, 1]]}, {"t": "array", "dtype": "<f8",
           "shape": [-1, 0], "v": ""}, {"t": "array", "dtype": "<U900000000", "shape": [10**9],
           "v": "AAAA"}, {"t": "range", "v": [0, 10**30, 1]}, {"t": "complex", "v": ["x"]},
           {"t": "function", "v": -1, "name": 5}, {"t": ["x"], "v": {}}, {"v": 1}, {"t": "nan"},
           {"t": "bytes", "v": "not base64!"}]
for grader in answering:
    real = grader["take"]
    def take(order, real=real, turn=[0]):
        reply = real(order)
        for name in reply["answers"]:
            turn[0] += 1
            reply["answers"][name] = strange[turn[0] % len(strange)]
        reply["snapshot"], reply["more"] = 10**9, None
        return reply
    grader["take"] = take
""",
    ),
    wire(
        "wire_files",
        "sends files with names that lead out, that are too long, that are other things already",
        """
content = base64.b64encode(b"from outside").decode()
names = ["../../../escaped.txt", "/escaped.txt", "a/../../escaped.txt", "nul\\0.txt", "n" * 5000,
         "/".join(["deep"] * 3000), "", ".", "..", "x/", "1_access.ipynb", "1_access.ipynb/inside",
         "timestamp.txt", "storagelab/labs/checking.py", "\\ud800.txt", "two\\nlines"]
for grader in graders:
    type(grader)._sizes_of_changed = lambda self: {**dict.fromkeys(names, 12), "odd": "5",
                                                   "bad.txt": 9, "huge": 10**18, "less": -1}
for grader in answering:
    grader["read"] = lambda order: {"part": "not base64!" if order["name"] == "bad.txt"
                                    else content}
""",
    ),
    wire(
        "wire_nested",
        "sends messages of brackets inside brackets, and messages of the wrong kind",
        "say(frame(b'[' * 1_000_000))\nsay(frame(b'[1, 2]'))\nsay(frame(b'null'))",
    ),
    wire(
        "wire_nested_output",
        "puts out JSON that is nested deeply, and data of the wrong kinds",
        """
nested = []
for _ in range(900):
    nested = [nested]
strange = [{"output_type": "display_data", "data": {"application/json": nested}, "metadata": []},
           {"output_type": "display_data", "data": {"text/plain": 5, 7: None}, "metadata": {}},
           {"output_type": "stream", "name": "stdout", "text": ["a", 5]}, None, "x", {},
           {"output_type": "error", "ename": [], "evalue": {}, "traceback": [5, [6]]},
           {"output_type": "display_data", "data": {"application/json": {"x": float("nan")}}},
           {"output_type": "stream", "name": "stdout", "text": "\\ud800 half a letter"}]
for grader in answering:
    grader["run"] = lambda order: {"outputs": strange, "count": "five"}
""",
    ),
    wire(
        "wire_length",
        "announces a message of 10**18 bytes and sends a few",
        "say(struct.pack('!Q', 10**18) + b'few')",
    ),
    wire(
        "wire_flood",
        "sends messages without an end",
        "import time\n\nend = time.monotonic() + 3600\nwhile time.monotonic() < end:\n"
        "    say(frame({'outputs': [], 'count': 1}) * 1000)",
    ),
    right(
        "fork_in_a_cell",
        "forks in a cell and lets both processes go on",
        "import os\n\nchild = os.fork()",
        at="conclude",
    ),
    Case(
        "answers_long_text",
        "concludes with a text of 160 MB",
        _long_text,
        loses=lost("conclude", "that is no option"),
    ),
    right(
        "writes_a_notebook",
        "hands in two notebooks, of which one writes the third while it is graded",
        "with open('3_checkpoint.ipynb', 'w') as file:\n    file.write('{}')\n"
        "with open('another.ipynb', 'w') as file:\n    file.write('{}')",
        place=_without_last,
        loses=whole("checkpoint", "no such notebook was handed in"),
    ),
    right(
        "writes_over_notebooks",
        "overwrites the notebooks while the first of them is graded",
        "import os\n\nfor name in ('1_access.ipynb', '2_pipeline.ipynb'):\n"
        "    with open(name, 'w') as file:\n        file.write('no notebook')\n"
        "os.makedirs('4_more.ipynb', exist_ok=True)",
    ),
    right(
        "writes_timestamp",
        "writes a timestamp.txt while the notebook is graded",
        "with open('timestamp.txt', 'w') as file:\n    file.write('1999-12-31 23:59:59 UTC')",
    ),
    right(
        "writes_bad_timestamp",
        "writes a timestamp.txt that is no time while the notebook is graded",
        "with open('timestamp.txt', 'w') as file:\n    file.write('never')",
    ),
    right(
        "writes_odd_names",
        "writes files whose names are no text, while the notebook is graded",
        "import os\n\nfor name in (b'\\xff\\xfe', b'two\\nlines', b'-rf', b'n' * 250):\n"
        "    with open(name, 'wb') as file:\n        file.write(b'odd')",
    ),
    right(
        "writes_folder_over_file",
        "makes a folder of what was a file, and a file of what was a folder",
        "import os, shutil\n\nos.remove('notes.txt')\nos.mkdir('notes.txt')\n"
        "with open('notes.txt/inside.txt', 'w') as file:\n    file.write('x')\n"
        "shutil.rmtree('data')\nwith open('data', 'w') as file:\n    file.write('x')",
        place=_replaced_by_folder,
    ),
    right(
        "writes_links",
        "makes links out of the folder while the notebook is graded",
        "import os\n\nos.symlink('/etc/passwd', 'passwd.txt')\nos.symlink('/', 'root')\n"
        "os.symlink('../../../gradebook.db', 'book.db')\nos.mkfifo('pipe')",
    ),
    right(
        "writes_much",
        "writes 3,000 small files and one of 60 MB while the notebook is graded",
        "import os\n\nos.makedirs('results')\nfor number in range(3000):\n"
        "    with open(f'results/{number}.txt', 'w') as file:\n        file.write('1')\n"
        "with open('samples.bin', 'wb') as file:\n    file.write(b'y' * 60_000_000)",
    ),
    right(
        "stops_itself",
        "stops the own process, which then neither runs nor ends",
        "import os, signal\n\nos.kill(os.getpid(), signal.SIGSTOP)",
        loses=lost("decide", "the interpreter stands still before the answer"),
        not_by_stock="it would stop the kernel for good",
    ),
    right(
        "ends_file_limits",
        "takes the right to open files and to start processes from itself",
        "import resource\n\nresource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))\n"
        "resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))",
    ),
]
