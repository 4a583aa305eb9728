"""``import storagelab`` stays light: autograding pays it once a notebook."""

import subprocess
import sys
from typing import Any

import pytest

HEAVY = {
    "bqplot",
    "pandas",
    "ipywidgets",
    "IPython",
    "scipy",
    "anywidget",
    "nbgrader",
    "jinja2",
    "simpy",
}


def printed_by(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def loaded_by(statement: str) -> set[Any]:
    """Return the top-level modules that a fresh interpreter holds after ``statement``."""
    names = "print(*{name.partition('.')[0] for name in sys.modules})"
    return set(printed_by(f"{statement}\nimport sys\n{names}").split())


@pytest.mark.parametrize(
    "statement",
    [
        "import storagelab",
        "from storagelab.tracks import TRACKS, load_track; [load_track(name) for name in TRACKS]",
        "import storagelab.parts",
        "from storagelab.labs import open_part",
    ],
)
def test_the_models_and_a_graded_notebook_load_no_widgets(statement: str) -> None:
    modules = loaded_by(statement)
    assert not modules & HEAVY
    assert "storagelab" in modules


def test_the_import_makes_the_models_available() -> None:
    import storagelab

    assert set(storagelab.__all__) >= {"access", "checkpoint", "pipeline", "queueing"}
    assert all(hasattr(storagelab, name) for name in storagelab.__all__)
    assert set(storagelab.__all__) <= set(dir(storagelab))
    with pytest.raises(AttributeError, match="no attribute 'chekpoint'"):
        _ = storagelab.chekpoint


def test_a_module_of_models_loads_when_it_is_used() -> None:
    alone = "print(*[name for name in sys.modules if name.startswith('storagelab')])"
    assert printed_by(f"import storagelab, sys; {alone}") == "storagelab"
    used = "print(storagelab.checkpoint.young_interval(2.0, 100.0))"
    assert printed_by(f"import storagelab; {used}") == "20.0"


@pytest.mark.parametrize("own", ["access", "pipeline", "checkpoint"])
def test_a_notebook_loads_the_experiment_and_the_words_of_its_own_part_alone(own: str) -> None:
    opened = (
        "from storagelab.labs import open_part; "
        f"session = open_part('cloud_titan', {own!r}); "
        "session.part.summary(session.track, session.part.baseline(session.track))"
    )
    parts = ("access", "pipeline", "checkpoint")
    rooms = ("experiment", "words")
    modules = [f"storagelab.parts.{part}.{room}" for room in rooms for part in parts]
    loaded = f"print(*[name for name in {modules!r} if name in sys.modules])"
    found = printed_by(f"{opened}\nimport sys\n{loaded}").splitlines()[-1]
    assert found.split() == [f"storagelab.parts.{own}.{room}" for room in rooms]


def test_who_reads_a_ledger_pays_for_no_lock() -> None:
    assert "filelock" not in loaded_by("from storagelab.labs import open_part")


def test_a_workbench_loads_its_plots_and_no_library_beside_them() -> None:
    modules = loaded_by(
        "from storagelab.tracks import load_track; from storagelab.widgets import Workbench; "
        "Workbench(load_track('cloud_titan'), 'checkpoint').complete()"
    )
    assert modules & HEAVY == {"bqplot", "pandas", "ipywidgets", "IPython"}
    assert not modules & {"filelock", "psygnal"}
