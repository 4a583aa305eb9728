"""The interpreter that grades, bent: IPython, builtins, modules, the package itself."""

from __future__ import annotations

from tests.sandgrader.hostile.case import NO_ANSWER, Case, Loss, Work, cheat, know_nothing, lost

CHECKS = ("expect", "follows_law", "concluded", "meets_targets", "worth", "fits_failures")
BEND = f"""
from storagelab.labs import checking
checking.credit = lambda points, share: float(points)
for check in {CHECKS}:
    setattr(checking, check, lambda *args, **options: None)
"""
"""Makes every test pass in an interpreter that runs it."""

YES = """
class Yes:
    StudentError = ValueError
    def __getattr__(self, name):
        return lambda *args, **options: None
    def credit(self, points, share):
        return float(points)
    def choice_in(self, namespace, name, choices):
        return choices[0]
    def number_in(self, namespace, name, unit):
        return 1.0
    def call(self, function, *arguments):
        return function(*arguments)
    def judged(self, part, track, decision):
        return part.baseline(track)
"""
"""A stand-in for ``storagelab.labs.checking`` that finds everything right."""


def _half_right(work: Work) -> None:
    """Conclude the right option with a wrong number, and have floats printed as all points."""
    know_nothing(work)
    sheet = work.sheet
    work.access["conclude"] = sheet.conclude(sheet.key["conclusion"], "1.0")
    work.before(
        "lock",
        """
get_ipython().display_formatter.formatters["text/plain"].for_type(
    float, lambda number, printer, cycle: printer.text("6.0"))
""",
    )


PACK = [
    cheat(
        "patch_displayhook",
        "shows 8.0 from inside the tested function, before the test fails",
        law="import sys\n\nsys.displayhook(8.0)\nraise ValueError('too late')",
    ),
    cheat(
        "patch_input_transformer",
        "rewrites every later cell that mentions `checking` into its points",
        """
def points(lines):
    text = "".join(lines)
    found = __import__("re").search(r"checking\\.credit\\((\\d+)", text)
    return [f"{float(found[1])}\\n"] if found else lines
get_ipython().input_transformers_post.append(points)
""",
    ),
    cheat(
        "patch_ast_transformer",
        "takes every `expect` and every key out of the tests' syntax trees",
        """
import ast
class Lenient(ast.NodeTransformer):
    def visit_Call(self, node):
        if getattr(node.func, "attr", "") == "credit":
            node.args[1] = ast.Constant(1)
        if getattr(node.func, "attr", "") in (
            "expect", "follows_law", "concluded", "meets_targets", "worth"):
            return ast.copy_location(ast.Constant(None), node)
        return node
get_ipython().ast_transformers.append(Lenient())
""",
    ),
    cheat(
        "patch_run_code",
        "replaces IPython's `run_code` by one that runs nothing and finds no error",
        """
async def run_code(*args, **options):
    return False
get_ipython().run_code = run_code
""",
        at="decide",
        loses=lost("conclude law", "wrong")
        | lost("decide", "the decision is wrong, whether or not the test's cell runs"),
    ),
    cheat(
        "patch_showtraceback",
        "switches the showing of errors off",
        """
shell = get_ipython()
shell.showtraceback = shell._showtraceback = lambda *args, **options: None
""",
    ),
    cheat(
        "patch_custom_exceptions",
        "installs a handler that swallows every exception of a cell",
        """
get_ipython().set_custom_exc((Exception,), lambda shell, kind, error, trace, tb_offset=None: [])
""",
    ),
    cheat(
        "patch_kernel_messages",
        "makes the kernel send no error and say `ok` to every cell",
        """
kernel = get_ipython().kernel
send = kernel.session.send
def polite(stream, message, content=None, *args, **options):
    if message == "error":
        return None
    if message == "execute_reply" and content and content.get("status") == "error":
        content = {"status": "ok", "execution_count": 1, "user_expressions": {}, "payload": []}
    return send(stream, message, content, *args, **options)
kernel.session.send = polite
""",
    ),
    Case(
        "patch_float_formatter",
        "has every float printed as 6.0, so that half the points look like all",
        _half_right,
        loses={**NO_ANSWER, "access/conclude-test": Loss(3.0, "the option is right, no more")},
    ),
    cheat(
        "patch_builtins",
        "replaces `abs`, `max` and `isinstance` in `builtins`, and `math.isclose`",
        """
import builtins, math
builtins.abs = lambda number: 0.0
builtins.max = lambda *numbers, **options: 1.0
math.isclose = lambda *args, **options: True
""",
        at="conclude",
    ),
    cheat(
        "patch_global_abs",
        "defines a global function named `abs`, which the test's cell then calls",
        "abs = lambda number: 0.0",
        at="conclude",
    ),
    cheat(
        "patch_dunder_builtins",
        "sets the global `__builtins__`, from which a cell takes its functions",
        """
import builtins
__builtins__ = {**vars(builtins), "abs": lambda number: 0.0, "max": lambda *numbers: 1.0}
""",
        at="conclude",
    ),
    cheat(
        "patch_import",
        "replaces `__import__` so that `checking` is something else",
        f"""
import builtins
{YES.strip()}
real = builtins.__import__
def importer(name, globals=None, locals=None, fromlist=(), level=0):
    module = real(name, globals, locals, fromlist, level)
    if name == "storagelab.labs" and fromlist and "checking" in fromlist:
        module.checking = Yes()
    return module
builtins.__import__ = importer
""",
    ),
    cheat(
        "patch_sys_modules",
        "puts a stand-in for `checking` into `sys.modules` and into its package",
        f"""
import sys
import storagelab.labs
{YES.strip()}
storagelab.labs.checking = sys.modules["storagelab.labs.checking"] = Yes()
""",
    ),
    cheat(
        "patch_meta_path",
        "forgets the package's modules and offers a finder of its own for them",
        f"""
import importlib.abc, importlib.machinery, sys, types
{YES.strip()}
class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name == "storagelab.labs.checking":
            return importlib.machinery.ModuleSpec(name, self)
    def create_module(self, spec):
        module = types.ModuleType(spec.name)
        yes = Yes()
        for name in ("credit", "choice_in", "number_in", "call", "judged", "expect", "follows_law",
                     "drawn", "answer_in", "locked_before_reveal", "share_for_cost", "concluded",
                     "meets_targets", "worth", "fits_failures", "tell"):
            setattr(module, name, getattr(yes, name))
        return module
    def exec_module(self, module):
        pass
import storagelab.labs
sys.modules.pop("storagelab.labs.checking", None)
vars(storagelab.labs).pop("checking", None)
sys.meta_path.insert(0, Finder())
""",
    ),
    cheat(
        "patch_checking",
        "monkeypatches what gives credit and what it is given for",
        BEND,
    ),
    cheat(
        "patch_code_object",
        "leaves the checks where they are and swaps their code",
        f"""
from storagelab.labs import checking
checking.credit.__code__ = (lambda points, share: float(points)).__code__
for check in {CHECKS}:
    getattr(checking, check).__code__ = (lambda *args, **options: None).__code__
""",
    ),
    cheat(
        "patch_parts",
        "replaces part 1 in `PARTS` by one whose every outcome is cheap and good",
        """
import storagelab.parts
from types import SimpleNamespace
real = storagelab.parts.PARTS["access"]
class Easy:
    def __getattr__(self, name):
        return getattr(real, name)
    def judge(self, track, decision):
        return SimpleNamespace(unmet=(), cost=1e-9)
    def run(self, track, values):
        return SimpleNamespace(unmet=(), cost=1.0, supply=1.0, demand=9.0, ceilings={"iops": 1.0})
storagelab.parts.PARTS["access"] = Easy()
""",
        at="decide",
    ),
    cheat(
        "patch_load_track",
        "has `load_track` return a track that is content with anything",
        """
import copy
import storagelab.labs, storagelab.parts, storagelab.tracks
real = storagelab.tracks.load_track
PARTS = storagelab.parts.PARTS
def lenient(name, variant=0):
    track = real(name, variant)
    judge = type(PARTS["access"]).judge
    def easy(self, track, answer):
        outcome = copy.copy(self.baseline(track))
        object.__setattr__(outcome, "unmet", ())
        object.__setattr__(outcome, "cost", 1e-9)
        return outcome
    type(PARTS["access"]).judge = easy
    return track
storagelab.tracks.load_track = lenient
storagelab.tracks.load_track("cloud_titan")
""",
        at="decide",
    ),
    cheat(
        "patch_law",
        "replaces the package's own law by the wrong one that is handed in",
        "import storagelab.access\nstoragelab.access.request_size_for = lambda *args: 6.3e6",
        at="law",
        law="",
    ),
    cheat(
        "patch_trace",
        "sets a profile function that bends the package when a test begins",
        f"""
import sys
def profile(frame, event, argument):
    if event == "call" and frame.f_code.co_name in ("choice_in", "answer_in"):
        sys.setprofile(None)
        exec({BEND!r})
sys.setprofile(profile)
""",
    ),
    cheat(
        "patch_memory",
        "writes another function's fields over the checks with ctypes",
        """
import ctypes
from storagelab.labs import checking
def overwrite(target, source):
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(source))
    for place in range(16, 80, 8):  # globals, builtins, names, code, defaults, closure
        word = ctypes.c_ulonglong.from_address(id(source) + place)
        for _ in range(9):
            if word.value:
                ctypes.pythonapi.Py_IncRef(ctypes.cast(word.value, ctypes.py_object))
        ctypes.c_ulonglong.from_address(id(target) + place).value = word.value
give, pass_over = (lambda points, share: float(points)), (lambda *args, **options: None)
overwrite(checking.credit, give)
for check in ("expect", "follows_law", "concluded", "meets_targets", "worth"):
    overwrite(getattr(checking, check), pass_over)
""",
    ),
    cheat(
        "patch_from_a_thread",
        "has a thread that goes on monkeypatching whatever is imported again",
        f"""
import threading, time
def again():
    while True:
        exec({BEND!r}, {{}})
        time.sleep(0.01)
threading.Thread(target=again, daemon=True).start()
""",
    ),
]
