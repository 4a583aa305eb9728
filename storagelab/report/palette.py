"""The colours of the course's figures, without the library that draws those.

They are chosen once, in ``storagelab/widgets/theme.py``, which imports bqplot: too much for six
colours. Its text is read in the place of it.
"""

from __future__ import annotations

import ast
from functools import cache
from importlib import resources

NAMES = ("BLUE", "ORANGE", "GREEN", "RED", "PURPLE", "GREY")


@cache
def palette() -> dict[str, str]:
    """Return the colours by name, as ``#rrggbb``. Raises ``LookupError`` where one is gone."""
    text = (resources.files("storagelab.widgets") / "theme.py").read_text(encoding="utf-8")
    found: dict[str, str] = {}
    for line in ast.parse(text).body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Tuple):
            names = [item.id for item in line.targets[0].elts if isinstance(item, ast.Name)]
            if set(NAMES) & set(names):
                found |= dict(zip(names, ast.literal_eval(line.value), strict=True))
    missing = [name for name in NAMES if name not in found]
    if missing:
        raise LookupError(f"theme.py has no colours {', '.join(missing)}")
    return found
