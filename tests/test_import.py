"""``import storagelab`` stays light: autograding pays it once a notebook."""

import subprocess
import sys

import pytest

HEAVY = {"bqplot", "pandas", "ipywidgets", "IPython", "scipy", "anywidget", "nbgrader", "jinja2"}


def loaded_by(statement):
    """Return the top-level modules that a fresh interpreter holds after ``statement``."""
    code = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import storagelab",
        "from storagelab.tracks import load_track; load_track('cloud_titan')",
        "import storagelab.parts",
        "from storagelab.labs import open_part",
    ],
)
def test_the_models_and_a_graded_notebook_load_no_widgets(statement):
    modules = loaded_by(statement)
    assert not modules & HEAVY
    assert {"storagelab", "numpy"} <= modules


def test_the_import_makes_the_models_available():
    import storagelab

    assert set(storagelab.__all__) >= {"access", "checkpoint", "pipeline", "queueing"}
    assert all(hasattr(storagelab, name) for name in storagelab.__all__)
