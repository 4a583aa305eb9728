"""A grader for nbgrader courses: nbgrader's gradebook, folders and preprocessors, run safely.

nbgrader stays the authority. What is new is where notebooks run: the student's cells in a
sandboxed process, the test cells in another, both forked from a warm interpreter; and that one
process alone writes the gradebook, a submission at a time, all of it or nothing.

====================  ==========================================================================
``serialization``     values that may pass between a student's process and the judge's
``wire``              messages between processes
``printable``         a student's text, made fit for a terminal, a log or a report
``recorder``          an IPython that keeps what cells print and show, as a notebook's outputs
``c_library``         calls of the C library that Python has no function for
``system_calls``      a filter of system calls
``namespaces``        a forked process's own namespaces and resource limits
``leftovers``         folders that end with their maker, and what killed ones have left
``control_groups``    limits on an interpreter's processes and memory, kept by the kernel
``bubblewrap``        the mounts of a sandbox
``sandbox_worker``    what runs in a sandbox: a warm process, and the interpreters forked from it
``sandbox``           starts warm processes in bubblewrap and watches over their interpreters
``kernel_runner``     nbgrader's own executor, in a sandbox
``kernels``           the kernels that notebooks name, and what a sandbox needs to start them
``inspection``        which tests look at what only a student's process has
``assignment``        an instructor's version: test cells, answers, how a notebook is run
``execution``         runs one submission's notebooks
``reference``         tries the reference solution: in which way a notebook is run
``submission_files``  reads a folder that a student handed in, and keeps it while notebooks run
``repair``            puts nbgrader's metadata right before nbgrader's own preprocessors run
``gradebook``         writes a submission's grades in one transaction, with nbgrader's own code
``configuration``     a course's configuration, of which a slip is said
``course``            a course as nbgrader's configuration describes it
``scores``            every score of a gradebook, as a snapshot, and what moved between two
``neighbours``        other programs that grade the same course at the same time
``versions``          by which version of an assignment a grade was made
``regrading``         what is graded again and why, and whose score moved in it
``by_hand``           points that a person gave, over a regrade
``csv_lines``         tables that an instructor keeps by hand
``extensions``        extensions of due dates, by student
``lateness``          what being late costs, for points given by hand too
``trials``            what was found of reference solutions, kept for the next run
``workers``           workers of this machine: forked processes, without a port
``cluster``           the workers of a Dask scheduler that is there already
``interrupts``        Ctrl-C that comes where Python would forget it
``run``               hands submissions to workers and their results to the gradebook
``opening``           how a command opens a course, and says what is wrong with it
``command``           ``sandgrader grade``
``forgetting``        ``sandgrader forget``: what is kept of one student, and its deletion
``listing``           ``sandgrader grade --list``
``summary``           what ``sandgrader grade`` says of a run
``late_command``      ``sandgrader late``
``feedback``          what nbgrader's feedback pages may show
``export``            ``sandgrader export``: grades for Canvas, Moodle, and as CSV
``marking``           ``sandgrader mark``: a page for what a person marks
``report``            ``sandgrader report``: a class report, to which a course can add
====================  ==========================================================================
"""

from importlib.util import find_spec

_NEEDED = ("click", "distributed", "docutils", "nbgrader", "psutil", "rich", "vl_convert")


def _is_missing(name: str) -> bool:
    try:
        return find_spec(name) is None
    except (ImportError, ValueError):  # something stands in its way
        return True


if _missing := [name for name in _NEEDED if _is_missing(name)]:
    raise ImportError(
        f"sandgrader needs packages that aren't installed here ({', '.join(_missing)}): "
        "pip install 'storagelab[grade]'"
    )
