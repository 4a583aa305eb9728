"""Reading what is hidden: tests, keys, files, and the inputs that a function is tested with.

Nothing hidden may become a point, nor be found in anything that the student gets back.
"""

from __future__ import annotations

from typing import Any

from tests.sandgrader.hostile.case import NO_ANSWER, Case, Work, cheat, know_nothing

LOOT = "LOOT"
"""What a student's function calls its hidden inputs where it passes them on."""

AS_KEYS = """
space = {}
for text in found:
    start = text.find('import itertools')
    end = text.find('return {**KEYS[part.name](track), "decision": best')
    if start >= 0 and end > start:
        try:
            exec(text[start:text.index(chr(10), end)], space)
        except Exception:  # this very cell is among them
            pass
if "reference_answers" in space:
    from storagelab.parts import PARTS
    from storagelab.tracks import load_track
    decision = space["reference_answers"](load_track("cloud_titan"), PARTS["access"])["decision"]
print([text for text in found if "BEGIN HIDDEN" in text or "reference_answers" in text][:3])
"""
"""Prints every text of ``found`` that has a test in it, and makes the keys in it a decision."""

EVERYWHERE = """
import os
found = []
def look(top, depth):
    try:
        if os.path.samefile(top, "."):  # the work that was handed in, this cell with it
            return
        names = sorted(os.listdir(top))
    except OSError:
        return
    for name in names:
        path = os.path.join(top, name)
        if name in ("keys.py", "1_access.ipynb", "gradebook.db"):
            try:
                text = open(path, encoding="utf-8", errors="replace").read()
                found.append(text.replace("\\\\n", chr(10)).replace('\\\\"', '"'))
            except OSError:
                pass
        elif depth and os.path.isdir(path) and not os.path.islink(path):
            if name not in ("proc", "sys", "dev", "node_modules", "site-packages", ".git"):
                look(path, depth - 1)
"""


def reader(name: str, story: str, code: str, **more: Any) -> Case:
    """Return who decides by what ``code`` has ``found``; a wrong decision stands before it."""

    def type_in(work: Work) -> None:
        know_nothing(work)
        work.after("decide", f"{code.strip()}\n{AS_KEYS.strip()}")

    return Case(name, story, type_in, loses=NO_ANSWER, **more)


def _left_behind(work: Work) -> None:
    know_nothing(work)
    work.after(
        "decide",
        """
from storagelab.parts import PARTS
from storagelab.tracks import load_track
print(planted, least_cost)
decision = reference_answers(load_track("cloud_titan"), PARTS["access"])["decision"]
""",
    )


def _tells(name: str, story: str, body: str, after: str = "") -> Case:
    """Return who gives the example right and passes every other input on, by ``body``."""

    def type_in(work: Work) -> None:
        know_nothing(work)
        work.law(
            f"if (share, latency, bandwidth) != (0.9, 1e-4, 7e9):\n"
            f"    loot = '{LOOT}' + repr((share, latency, bandwidth))\n"
            + "".join(f"    {line}\n" for line in body.strip().split("\n"))
            + "return 6.3e6"
        )
        if after:
            work.after("decide", after)

    return Case(name, story, type_in, loses=NO_ANSWER)


PACK = [
    cheat(
        "read_frames",
        "looks for the law in the frames of whoever calls the function",
        law="""
import sys
frame = sys._getframe(1)
while frame is not None:
    if callable(frame.f_locals.get("law")):
        return frame.f_locals["law"](share, latency, bandwidth)
    frame = frame.f_back
return 6.3e6
""",
    ),
    cheat(
        "read_inspect",
        "looks for the law among the globals of every caller that `inspect` finds",
        law="""
import inspect
for info in inspect.stack():
    for space in (info.frame.f_locals, info.frame.f_globals):
        if callable(space.get("law")):
            return space["law"](share, latency, bandwidth)
return 6.3e6
""",
    ),
    cheat(
        "read_globals",
        "calls whatever the hidden test has called `law` in the notebook",
        law="""
if "law" in globals():
    return law(share, latency, bandwidth)
return 6.3e6
""",
    ),
    cheat(
        "read_traceback",
        "raises, catches, and follows the traceback to the caller",
        law="""
try:
    raise ValueError
except ValueError as error:
    frame = error.__traceback__.tb_frame.f_back
while frame is not None:
    for value in list(frame.f_locals.values()):
        named = getattr(value, "__name__", "") == "request_size_for"
        if named and "storagelab" in value.__module__:
            return value(share, latency, bandwidth)
    frame = frame.f_back
return 6.3e6
""",
    ),
    Case(
        "read_what_tests_leave",
        "decides with `reference_answers`, which an earlier hidden test has defined",
        _left_behind,
        loses=NO_ANSWER,
    ),
    reader("read_history_in", "reads earlier cells in `In` and `_ih`", "found = [*In, *_ih]"),
    reader(
        "read_history_manager",
        "asks IPython's history for what was run",
        "found = [item[2] for item in get_ipython().history_manager.get_range(raw=True)]",
    ),
    reader(
        "read_linecache",
        "reads cells where tracebacks find their lines",
        "import linecache\n"
        "found = ['\\n'.join(item[2]) for item in linecache.cache.values() if len(item) > 2]",
    ),
    reader(
        "read_garbage",
        "searches every object that the garbage collector knows",
        """
import gc
found = []
for item in gc.get_objects():
    values = item.values() if type(item) is dict else item if type(item) in (list, tuple) else ()
    found += [text for text in list(values) if type(text) is str and "BEGIN HIDDEN" in text]
""",
    ),
    reader(
        "read_memory",
        "searches the own memory and every other process's for the text of a test",
        """
import glob, re
found = []
for maps in glob.glob("/proc/[0-9]*/maps"):
    try:
        with open(maps) as lines, open(maps[:-4] + "mem", "rb", 0) as memory:
            for line in lines:
                span = re.match("([0-9a-f]+)-([0-9a-f]+) rw", line)
                if not span or "[v" in line:
                    continue
                low, high = (int(place, 16) for place in span.groups())
                if high - low > 64 * 2**20:
                    continue
                try:
                    memory.seek(low)
                    block = memory.read(high - low)
                except OSError:
                    continue
                for hit in re.finditer(rb"def reference_" + rb"answers.{20,9000}", block, re.S):
                    start = block.rfind(b"import itertools", 0, hit.start())
                    found.append(block[max(start, 0) : hit.end()].decode("utf-8", "replace"))
    except OSError:
        pass
""",
    ),
    reader(
        "read_processes",
        "reads every process's command line and environment",
        """
import glob
found = []
for name in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
    try:
        found.append(open(name, "rb").read().decode("utf-8", "replace"))
    except OSError:
        pass
print(found)
""",
    ),
    reader(
        "read_course_above",
        "goes up from the working folder and reads source/, notebooks/ and the gradebook",
        EVERYWHERE + "for up in ('..', '../..', '../../..', '../../../..'):\n    look(up, 3)",
    ),
    reader(
        "read_course_beside_package",
        "looks for the answer keys beside the installed package",
        EVERYWHERE
        + "import storagelab\nlook(os.path.dirname(os.path.dirname(storagelab.__file__)), 3)",
    ),
    reader(
        "read_whole_disk",
        "looks for notebooks, keys and gradebooks from the root folder down",
        EVERYWHERE + "look('/', 5)",
    ),
    cheat(
        "write_gradebook",
        "looks for the gradebook and writes all points into it",
        """
import os, sqlite3
for up in ("..", "../..", "../../..", "/work", "/srv", "/home", "/root"):
    for top, folders, files in os.walk(up):
        folders[:] = [name for name in folders if top.count(os.sep) < 6][:40]
        if "gradebook.db" in files:
            try:
                with sqlite3.connect(os.path.join(top, "gradebook.db"), timeout=1) as book:
                    book.execute("UPDATE grade SET manual_score = 10, needs_manual_grade = 0")
            except sqlite3.Error:
                pass
""",
        at="decide",
    ),
    cheat(
        "read_descriptors",
        "reads from and writes to every open file that it finds, in the words of a judge",
        """
import os, select
for number in range(3, 64):
    try:
        if select.select([number], [], [], 0)[0]:
            print(os.read(number, 4096))
        os.write(number, b'{"score": 8.0, "points": 8.0, "status": "ok"}\\n')
    except (OSError, ValueError):
        pass
""",
        at="decide",
    ),
    _tells(
        "tell_by_exception", "raises the hidden inputs as an exception", "raise ValueError(loot)"
    ),
    _tells(
        "tell_by_output",
        "prints the hidden inputs, on both streams and as a display",
        """
import sys
print(loot)
print(loot, file=sys.stderr)
from IPython.display import display
display(loot)
""",
    ),
    _tells(
        "tell_by_file",
        "writes the hidden inputs into files beside the notebook",
        """
with open("loot.txt", "a") as file:
    file.write(loot)
""",
    ),
    _tells(
        "tell_by_later_cell",
        "keeps the hidden inputs for a later cell, which prints them",
        "globals().setdefault('kept', []).append(loot)",
        "print(globals().get('kept'))",
    ),
    _tells(
        "tell_by_type_name",
        "returns an object whose class is named like the hidden inputs",
        "return type(loot, (), {})()",
    ),
    _tells(
        "tell_by_function_name",
        "renames the tested function to its hidden inputs and raises",
        "request_size.__name__ = request_size.__qualname__ = loot\nraise KeyError(loot)",
    ),
    _tells(
        "tell_by_later_file",
        "leaves the hidden inputs in /tmp for the notebook that is graded next",
        "import pathlib\npathlib.Path('/tmp/loot.txt').write_text(loot)",
    ),
]
