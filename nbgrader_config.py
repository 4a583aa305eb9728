"""nbgrader's configuration of this course; nbgrader reads it where it is run.

``NBGRADER_EXCHANGE`` names the folder through which assignments travel; it has to exist and to be
writable by everybody, but nobody may rename what another put there (mode 3777).
"""

import os
from importlib.util import find_spec
from pathlib import Path

c = get_config()  # noqa: F821 - given by traitlets

c.CourseDirectory.course_id = "storagelab"
# Each student's numbers are their own, and follow from their id, the course and the term. Another
# term gives everybody other ones; `variants = False` gives everybody the book's. `make release`
# takes a change into the notebooks. A student who has begun keeps the numbers begun with.
c.Course.variants = True
c.Course.term = "2026-11"
c.Exchange.root = os.environ.get("NBGRADER_EXCHANGE", "/srv/nbgrader/exchange")

# What a student sees in the place of a solution.
c.ClearSolutions.code_stub = {
    "python": (
        "# YOUR ANSWER HERE\n"
        'raise NotImplementedError("Still to do: put your answer in the place of this line.")'
    )
}

# A cell that never stops is interrupted, scores nothing, and the rest of the notebook is graded.
c.Execute.timeout = 30
c.Execute.interrupt_on_timeout = True
# A deleted test cell scores nothing in the place of "needs manual grade".
c.OverwriteCells.add_missing_cells = True

# What students get back shows no hidden test, no mark scheme and no traceback, and runs no script.
c.GenerateFeedback.exporter_class = "sandgrader.feedback.FeedbackExporter"
# by which this course's tests mark an output as written for the student
c.FeedbackFilter.student_metadata = "storagelab"

# The notebooks are all that is released; a ledger travels from the student, never to one.
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "*.pyc",
    "__pycache__",
    "feedback",
    ".*.lock",
    ".*.new",
]

# `storagelab grade`: what the ledger says, it says as it was handed in.
c.Grade.evidence = ["ledger.json"]
# Hidden tests judge by prices, facts and laws of the package: a grade remembers by which.
c.Grade.stands_on = "storagelab.edition:stands_on"
# The notebooks' own package, which lies outside the environment where it is installed from here.
c.Grade.readable = [str(Path(find_spec("storagelab").origin).parent)]
# `storagelab mark`: beside a reflection stands what its student chose, and what that comes to.
c.Mark.beside = "storagelab.report.beside:own_numbers"
# Tracks and models, loaded once and not in every notebook.
c.Grade.imports = ["storagelab.labs.loaded"]
# Texts and the workbench: a student's outputs have them, and no test needs them.
c.Grade.only_shows = ["part.show", "part.workbench"]
own_tracks = os.environ.get("STORAGELAB_TRACKS")
if own_tracks:
    c.Grade.readable.append(own_tracks)
    c.Grade.variables = {"STORAGELAB_TRACKS": own_tracks}

# A track of one's own has to be known wherever notebooks run: graded without it, nobody's work
# would earn more than the law tests, and only the feedback would say why.
made = [path.parent.name for path in Path("source").glob("*/1_access.ipynb")]
if made:
    from storagelab.tracks import EXTRA_TRACKS, TRACKS

    unknown = sorted(set(made) - set(TRACKS))
    if unknown:
        raise SystemExit(
            f"source/ has assignments of unknown tracks: {', '.join(unknown)}. "
            f"Set {EXTRA_TRACKS} to the folder with their files."
        )
