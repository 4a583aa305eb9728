"""A grader for nbgrader courses: nbgrader's gradebook, folders and preprocessors, run safely.

nbgrader stays the authority. What is new is where notebooks run: the student's cells in a
sandboxed process, the test cells in another, both forked from a warm interpreter; and that one
process alone writes the gradebook, a submission at a time, all of it or nothing.

====================  ==========================================================================
``serialization``     values that may pass between a student's process and the judge's
``library_values``    values of libraries' own types, taken apart into plain ones and rebuilt
``wire``              messages between processes
``recorder``          an IPython that keeps what cells print and show, as a notebook's outputs
``namespaces``        a forked process's own namespaces and resource limits
``process_limits``    a limit on an interpreter's processes, kept by the kernel
``bubblewrap``        the mounts of a sandbox
``sandbox_worker``    what runs in a sandbox: a warm process, and the interpreters forked from it
``sandbox``           starts warm processes in bubblewrap and watches over their interpreters
``kernel_runner``     nbgrader's own executor, in a sandbox
``kernels``           the kernels that notebooks name, and what a sandbox needs to start them
``inspection``        which tests look at what only a student's process has
``assignment``        an instructor's version: test cells, answers, how a notebook is run
``execution``         runs one submission's notebooks
``reference``         tries the reference solution: in which way a notebook is run
``submission_files``  reads a folder that a student handed in, whatever is in it
``repair``            puts nbgrader's metadata right before nbgrader's own preprocessors run
``gradebook``         writes a submission's grades in one transaction, with nbgrader's own code
``course``            a course as nbgrader's configuration describes it
``scores``            every score of a gradebook, as a snapshot, and what moved between two
``regrading``         the scores from before a run, and whose moved in it
``run``               hands submissions to Dask's workers and their results to the gradebook
``command``           ``sandgrader grade``
``feedback``          what nbgrader's feedback pages may show
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
