"""nbgrader's configuration of this course; nbgrader reads it where it is run.

``NBGRADER_EXCHANGE`` names the folder through which assignments travel; it has to exist and to be
writable by everybody (mode 2777), as nbgrader's documentation describes.
"""

import os

c = get_config()  # noqa: F821 - given by traitlets

c.CourseDirectory.course_id = "storagelab"
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

# The notebooks are all that is released; a ledger travels from the student, never to one.
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "*.pyc",
    "__pycache__",
    "feedback",
    ".*.lock",
    ".*.new",
]
