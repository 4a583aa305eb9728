"""Tests that look at what only the student's own process has, found by reading them.

A test in an interpreter of its own sees answers as plain values and calls functions from afar. Of
two kinds of tests that isn't the same. One needs more than that and fails for the reference
solution, which is found by trying. The other says what must *not* be the case (no built-in called,
nothing printed, the argument left as it was), and from afar it passes for everybody. Trying can't
find that, and so the tests are read. Where one may look inside it is named, rather once too often:
its points then need both ways of running to agree, which costs an innocent student nothing.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

_MODULES = {
    "inspect": "the source of an answer",
    "ast": "the source of an answer",
    "dis": "the code of an answer",
    "doctest": "the docstring of an answer",
    "pydoc": "the docstring of an answer",
    "warnings": "warnings",
    "logging": "what is logged",
    "gc": "the interpreter's memory",
    "tracemalloc": "the interpreter's memory",
    "unittest.mock": "patched names",
    "mock": "patched names",
    "builtins": "patched names",
    "__main__": "the interpreter's names",
}
_NAMES = {
    "In": "the notebook's history",
    "Out": "the notebook's history",
    "_": "the notebook's history",
    "__": "the notebook's history",
    "___": "the notebook's history",
    "_i": "the notebook's history",
    "_ih": "the notebook's history",
    "_oh": "the notebook's history",
    "_dh": "the notebook's history",
    "get_ipython": "IPython itself",
    "locals": "the interpreter's names",
    "vars": "the interpreter's names",
    "dir": "the interpreter's names",
    "globals": "the interpreter's names",
    "id": "which object an answer is",
    "setattr": "patched names",
    "delattr": "patched names",
    "monkeypatch": "patched names",
    "capsys": "what an answer prints",
    "MagicMock": "patched names",
    "Mock": "patched names",
    "patch": "patched names",
}
_ATTRIBUTES = {
    "modules": "which modules are imported",
    "stdout": "what an answer prints",
    "stderr": "what an answer prints",
    "redirect_stdout": "what an answer prints",
    "redirect_stderr": "what an answer prints",
    "capture_output": "what an answer prints",
    "setrecursionlimit": "the interpreter's settings",
    "getrecursionlimit": "the interpreter's settings",
    "settrace": "how an answer runs",
    "setprofile": "how an answer runs",
    "assertWarns": "warnings",
    "assertLogs": "what is logged",
    "getsource": "the source of an answer",
    "__doc__": "the docstring of an answer",
    "__code__": "the code of an answer",
    "__globals__": "the interpreter's names",
    "__closure__": "the code of an answer",
    "__defaults__": "the signature of an answer",
    "__kwdefaults__": "the signature of an answer",
    "__annotations__": "the signature of an answer",
    "__wrapped__": "the code of an answer",
    "__dict__": "the inside of an answer",
    "__class__": "the inside of an answer",
    "__module__": "the inside of an answer",
}
_PLAIN = frozenset({
    "abs", "bin", "bool", "bytes", "chr", "complex", "divmod", "float", "format", "frozenset",
    "hash", "hex", "int", "len", "max", "min", "oct", "ord", "pow", "range", "repr", "round", "str",
    "sum", "tuple",
})  # fmt: skip
"""Built-in functions whose results can't be changed in place, given what can't."""
_BUILTINS = frozenset(dir(builtins))
_DATA = (
    ast.Constant, ast.Dict, ast.List, ast.Set, ast.Tuple, ast.ListComp, ast.DictComp, ast.SetComp,
    ast.JoinedStr, ast.UnaryOp, ast.BinOp, ast.Compare, ast.BoolOp,
)  # fmt: skip
"""What is no function, whatever is in it."""


@lru_cache(maxsize=2048)
def parsed(source: str) -> ast.Module | None:
    """Return a cell's syntax tree, its magics as calls; none where it doesn't parse.

    Most cells of a class are the instructor's, read once. Nobody may change the tree.
    """
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        pass  # it may have magics in it, whose reading takes ten times as long
    try:
        return ast.parse(TransformerManager().transform_cell(source))
    except (SyntaxError, ValueError, RecursionError):
        return None


@lru_cache(maxsize=2048)
def without_calls(source: str, names: frozenset[str]) -> str:
    """Return a cell without the statements that do nothing but call functions of these names.

    Only those go that have their lines to themselves, and whose arguments are constants and names.
    """
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return source
    lines = source.split("\n")
    places = [range(node.lineno - 1, node.end_lineno or node.lineno) for node in body]
    for node, place in zip(body, places, strict=True):
        alone = sum(bool({*place} & {*other}) for other in places) == 1
        if alone and _only_calls(node, names):
            lines[place.start : place.stop] = [""] * len(place)
    return "\n".join(lines)


def _only_calls(node: ast.stmt, names: frozenset[str]) -> bool:
    match node:
        case ast.Expr(value=ast.Call(func=function, args=args, keywords=keywords)):
            given = [*args, *(keyword.value for keyword in keywords)]
            plain = all(isinstance(item, ast.Constant | ast.Name) for item in given)
            return plain and ast.unparse(function) in names
    return False


def look_inside(
    tests: Mapping[str, str],
    given: Iterable[str],
    solutions: Iterable[str],
    beside: Mapping[str, bytes],
    answers: Iterable[str],
) -> dict[str, str]:
    """Return, by grade id, what a test may look at that only the student's process has.

    ``given`` and ``solutions`` are the sources of the cells that tests stand on, ``beside`` the
    files that they may import, ``answers`` the names that solutions bind.
    """
    around = _Around([*given], [*solutions], beside, frozenset(answers))
    return {
        grade_id: why for grade_id, source in tests.items() if (why := around.looked_at(source))
    }


class _Around:
    """What the tests of one notebook stand on."""

    def __init__(
        self,
        given: list[str],
        solutions: list[str],
        beside: Mapping[str, bytes],
        answers: frozenset[str],
    ) -> None:
        trees = [tree for source in [*given, *solutions] if (tree := parsed(source))]
        self._given = [tree for source in given if (tree := parsed(source))]
        self._answers = answers
        self._imported = {name for tree in trees for name in _imported(tree)}
        self._read_in_functions = {
            name
            for tree in trees
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for name in _read_from_outside(node)
        }
        plain = {
            name.id
            for tree in trees
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.value, _DATA)
            for target in node.targets
            for name in ast.walk(target)
            if isinstance(name, ast.Name)
        }
        self._functions = answers - plain
        """Answers that may be functions."""
        self._looking: dict[str, str] = {}
        """Helpers of the course's own that look inside, and at what."""
        for tree in self._given:
            for item in tree.body:
                if isinstance(item, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
                    why = self._named([item])
                    if why:
                        self._looking[item.name] = why
        for path, content in beside.items():
            if path.endswith(".py"):
                try:
                    helper = ast.parse(content)
                except (SyntaxError, ValueError):
                    continue
                why = self._named([helper])
                if why:
                    self._looking[path[:-3].split("/")[-1]] = why
        for tree in trees:  # a helper may be imported by another name
            for node in ast.walk(tree):
                self._follow(node)

    def _follow(self, node: ast.AST) -> None:
        if isinstance(node, ast.ImportFrom) and node.module in self._looking:
            for item in node.names:
                self._looking[item.asname or item.name] = self._looking[node.module]
        elif isinstance(node, ast.Import):
            for item in node.names:
                if item.asname and item.name in self._looking:
                    self._looking[item.asname] = self._looking[item.name]

    def looked_at(self, source: str) -> str:
        """Return what a test may look at; nothing where it looks at values alone."""
        tree = parsed(source)
        if tree is None:
            return "what can't be read: the test isn't plain Python"
        return self._named([tree]) or self._patched(tree) or self._after_a_call(tree)

    def _named(self, trees: Iterable[ast.AST]) -> str:
        for node in (node for tree in trees for node in ast.walk(tree)):
            why = self._of(node)
            if why:
                return why
        return ""

    def _of(self, node: ast.AST) -> str:
        match node:
            case ast.Import():
                for item in node.names:
                    if why := _of_module(item.name) or self._looks(item.name):
                        return why
            case ast.ImportFrom():
                if why := _of_module(node.module or "") or self._looks(node.module or ""):
                    return why
                for item in node.names:
                    whole = f"{node.module}.{item.name}"
                    if why := _of_module(whole) or _ATTRIBUTES.get(item.name, ""):
                        return why
            case ast.Call(func=ast.Name(id="globals")):
                return ""
            case ast.Name(id="globals"):
                return ""  # by whom it is called is looked at below
            case ast.Name(ctx=ast.Load()):
                return _NAMES.get(node.id, "") or self._looks(node.id)
            case ast.Attribute():
                if node.attr.startswith(("co_", "func_")):
                    return "the code of an answer"
                root = node.value
                if isinstance(root, ast.Name) and root.id in _MODULES:
                    return _MODULES[root.id]
                return _ATTRIBUTES.get(node.attr, "") or self._looks(node.attr)
            case ast.Compare():
                if any(isinstance(item, ast.Is | ast.IsNot) for item in node.ops) and not all(
                    isinstance(item, ast.Constant) for item in node.comparators
                ):
                    return "which object an answer is"
        return ""

    def _looks(self, name: str) -> str:
        return self._looking.get(name, "")

    def _patched(self, tree: ast.Module) -> str:
        """Return whether names are changed that an answer may read, or all names looked through."""
        allowed = set(self._looked_up(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _is_name(node.func, "globals"):
                if node not in allowed:
                    return _NAMES["globals"]
            elif (
                isinstance(node, ast.Attribute)
                and not isinstance(node.ctx, ast.Load)
                and not _is_name(node.value, "self")
            ):
                return "patched names"
        for name in stored_names(tree):
            if name in _BUILTINS or name in self._imported or name in self._read_in_functions:
                return f"patched names ({name})"
        return ""

    def _looked_up(self, tree: ast.Module) -> Iterator[ast.AST]:
        """Yield calls of ``globals()`` in which one answer is looked up by its name."""
        return (call for call, name in _lookups(tree) if name in self._answers)

    def _after_a_call(self, tree: ast.Module) -> str:
        """Return whether an argument of an answer is looked at once more, if it can be changed."""
        changeable = _changeable(tree, self._given)
        given: dict[str, int] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and self._calls_an_answer(node):
                for argument in [*node.args, *(item.value for item in node.keywords)]:
                    for name in ast.walk(argument):
                        if isinstance(name, ast.Name) and name.id in changeable - self._answers:
                            line = name.lineno
                            given[name.id] = min(line, given.get(name.id, line))
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Name)
                and isinstance(node.ctx, ast.Load)
                and node.id in given
                and node.lineno >= given[node.id]
                and not self._is_argument(tree, node)
            ):
                return f"an argument after the call ({node.id})"
        return ""

    def _calls_an_answer(self, node: ast.Call) -> bool:
        # called itself or one of its methods, or handed to what calls it
        names = [*ast.walk(node.func), *node.args]
        return any(isinstance(name, ast.Name) and name.id in self._functions for name in names)

    def _is_argument(self, tree: ast.Module, name: ast.Name) -> bool:
        return any(
            name in [*node.args, *(item.value for item in node.keywords)]
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and self._calls_an_answer(node)
        )


def _lookups(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Yield the calls of ``globals()`` in which a name is looked up, and which."""
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=ast.Call() as call, slice=ast.Constant(value=str(name))):
                pass
            case ast.Call(
                func=ast.Attribute(value=ast.Call() as call, attr="get"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                pass
            case ast.Compare(left=ast.Constant(value=str(name)), comparators=[ast.Call() as call]):
                pass
            case ast.Call(args=[ast.Call() as call, ast.Constant(value=str(name)), *_]):
                pass
            case _:
                continue
        if _is_name(call.func, "globals"):
            yield call, name


_BY_ANY_NAME = frozenset({
    "locals", "vars", "eval", "exec", "dir", "compile", "getattr", "get_ipython", "user_ns",
    "__main__", "__dict__", "__globals__", "_getframe", "currentframe", "f_globals", "f_locals",
})  # fmt: skip
"""What can find a name that the source doesn't have in it."""


def named_answers(source: str, answers: Iterable[str]) -> set[str] | None:
    """Return the answers that a source may ask for; none where it may find any by its name."""
    tree = parsed(source)
    if tree is None:
        return None
    known = {call for call, _ in _lookups(tree)}
    for node in ast.walk(tree):
        name = getattr(node, "id", None) or getattr(node, "attr", None)
        if name in _BY_ANY_NAME:
            return None
        if isinstance(node, ast.Import | ast.ImportFrom) and any(
            item.name in _BY_ANY_NAME for item in node.names
        ):
            return None
        if isinstance(node, ast.Call) and _is_name(node.func, "globals") and node not in known:
            return None
    words = set(re.findall(r"\w+", source))
    return {name for name in answers if name in words}


def defines_anything(source: str) -> bool:
    """Return whether a cell may leave behind what later cells can call."""
    tree = parsed(source)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    return tree is None or any(isinstance(node, kinds) for node in ast.walk(tree))


def _of_module(name: str) -> str:
    """Return what a module is for, if it looks inside; its parts are asked from the whole up."""
    if name == "unittest":
        return ""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        if why := _MODULES.get(".".join(parts[:length])):
            return why
    return ""


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _read_from_outside(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    """Return the names that a function reads and doesn't bind by itself."""
    own = {item.arg for item in ast.walk(function) if isinstance(item, ast.arg)}
    names = [item for item in ast.walk(function) if isinstance(item, ast.Name)]
    own |= {item.id for item in names if isinstance(item.ctx, ast.Store)}
    return {item.id for item in names if isinstance(item.ctx, ast.Load)} - own


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((item.asname or item.name).split(".")[0] for item in node.names)


def stored_names(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a cell binds or takes away, those of its own functions left out."""
    stack: list[ast.AST] = [*tree.body]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
            if any(isinstance(item, ast.Global) for item in ast.walk(node)):
                for item in ast.walk(node):
                    if isinstance(item, ast.Global):
                        yield from item.names
            continue
        elif isinstance(node, ast.Lambda | ast.comprehension):
            continue
        stack.extend(ast.iter_child_nodes(node))


def _changeable(tree: ast.Module, before: Iterable[ast.Module]) -> set[str]:
    """Return the names in a cell whose values may be changed in place.

    A name counts as soon as one of its values, in the cell or in those ``before`` it, isn't known
    to be a number, a text or a tuple.
    """
    values: dict[str, list[ast.expr | None]] = {}
    modules: set[str] = set()
    for node in (node for part in [tree, *before] for node in ast.walk(part)):
        if isinstance(node, ast.Import):
            modules.update(_imported(node))
        match node:
            case ast.Assign():
                for target in node.targets:
                    _bind(target, node.value, values)
            case ast.AnnAssign(value=ast.expr() as value) | ast.NamedExpr(value=value):
                _bind(node.target, value, values)
            case ast.For() | ast.comprehension():
                for element in _elements(node.iter):
                    _bind(node.target, element, values)
            case ast.With():
                for item in node.items:
                    if item.optional_vars is not None:
                        _bind(item.optional_vars, None, values)
    found = {
        name.id
        for name in ast.walk(tree)
        if isinstance(name, ast.Name) and name.id not in values and name.id not in _BUILTINS
    }
    found -= {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call)
              and isinstance(node.func, ast.Name)}  # fmt: skip
    unchangeable: set[str] = set()
    while True:  # a name may be bound to another that turns out to be a number
        more = {
            name
            for name, bound in values.items()
            if name not in unchangeable
            and all(item is not None and _is_plain(item, unchangeable) for item in bound)
        }
        if not more:
            break
        unchangeable |= more
    return (found | (values.keys() - unchangeable)) - modules


def _bind(
    target: ast.expr, value: ast.expr | None, values: dict[str, list[ast.expr | None]]
) -> None:
    match target:
        case ast.Name():
            values.setdefault(target.id, []).append(value)
        case ast.Tuple() | ast.List():
            known = value.elts if isinstance(value, ast.Tuple | ast.List) else None
            if known is None or len(known) != len(target.elts):
                known = [value if _is_call(value, _PLAIN) else None] * len(target.elts)  # type: ignore[list-item]
            for item, of_item in zip(target.elts, known, strict=True):
                _bind(item, of_item, values)
        case ast.Starred():
            _bind(target.value, None, values)


def _elements(iterated: ast.expr) -> list[ast.expr | None]:
    """Return what a loop goes over, as far as its source says."""
    match iterated:
        case ast.List() | ast.Tuple() | ast.Set():
            return list(iterated.elts) or [None]
        case ast.Constant():
            return [iterated]
    if _is_call(iterated, frozenset({"range"})):
        return [ast.Constant(0)]
    return [None]


def _is_call(node: ast.AST | None, names: Iterable[str]) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in set(names)
    )


def _is_plain(node: ast.expr, known: set[str]) -> bool:
    """Return whether a value can't be changed in place, as far as its source says."""
    match node:
        case ast.Constant() | ast.JoinedStr() | ast.Compare():
            return True
        case ast.Name():
            return node.id in known
        case ast.UnaryOp():
            return _is_plain(node.operand, known)
        case ast.BinOp():
            return _is_plain(node.left, known) and _is_plain(node.right, known)
        case ast.Tuple():
            return all(_is_plain(item, known) for item in node.elts)
        case ast.Attribute(value=ast.Name(id="math")):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id="math"))):
            return True
        case ast.Call():
            return _is_call(node, _PLAIN)
    return False
