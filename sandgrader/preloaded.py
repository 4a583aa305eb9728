"""Modules that a warm process has imported, out of sight until a notebook imports them.

Importing takes seconds and is done once for a class. But a test may say that a library isn't to be
used (``"numpy" not in sys.modules``), and a student's own cell may look: what nobody has imported
isn't there. An import statement then finds the module as it is, at no cost.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import FunctionType, ModuleType


class Preloaded(MetaPathFinder, Loader):
    """The modules that were imported beforehand; as a finder it puts them back."""

    def __init__(self, names: Iterable[str], prime: Callable[[], object] = lambda: None) -> None:
        """Import modules, those that can be, and hide all that came with them or ``prime``."""
        before = set(sys.modules)
        with contextlib.suppress(Exception):  # it only saves time
            prime()
        for name in names:
            # a module that a course imports somewhere may fail by itself, and is then no loss
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        self._hidden = {name: sys.modules[name] for name in list(sys.modules) if name not in before}
        self.names = sorted(self._hidden)
        self._needs = _needs(self._hidden)
        for name in self._hidden:
            del sys.modules[name]
        sys.meta_path.insert(0, self)

    def get(self, name: str) -> ModuleType | None:
        """Return a module that was imported, whether it is hidden or in sight."""
        return self._hidden.get(name) or sys.modules.get(name)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how a hidden module is found."""
        module = self._hidden.get(fullname)
        if module is None:
            return None
        known = getattr(module, "__spec__", None)
        spec = ModuleSpec(fullname, self, origin=getattr(known, "origin", None))
        spec.submodule_search_locations = getattr(known, "submodule_search_locations", None)
        return spec

    def create_module(self, spec: ModuleSpec) -> None:
        """Have the import system make a module, in whose place the known one comes."""

    def exec_module(self, module: ModuleType) -> None:
        """Put a module in sight, its package with it, and whatever these need."""
        self._reveal(module.__name__.partition(".")[0])
        sys.modules[module.__name__] = self._hidden[module.__name__]

    def _reveal(self, package: str) -> None:
        waiting, seen = [package], {package}
        while waiting:
            names, needed = self._needs.get(waiting.pop(), ([], set()))
            for name in names:
                sys.modules.setdefault(name, self._hidden[name])
            waiting += sorted(needed - seen)
            seen |= needed


def _needs(hidden: dict[str, ModuleType]) -> dict[str, tuple[list[str], set[str]]]:
    """Return for each package the names of its modules, and the packages that these mention."""
    found: dict[str, tuple[list[str], set[str]]] = {}
    for name, module in hidden.items():
        package = name.partition(".")[0]
        names, needed = found.setdefault(package, ([], set()))
        names.append(name)
        for value in list(getattr(module, "__dict__", {}).values()):
            # by type() and not isinstance(): a lazy object would load what it stands for
            if issubclass(type(value), ModuleType):
                needed.add(str(value.__name__).partition(".")[0])
            elif issubclass(type(value), (type, FunctionType)):
                needed.add(str(value.__module__).partition(".")[0])
    return found
