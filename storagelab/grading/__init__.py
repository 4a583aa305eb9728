"""A grader for nbgrader courses: nbgrader's gradebook, folders and preprocessors, run safely.

nbgrader stays the authority. What is new is where notebooks run: the student's cells in a
sandboxed process, the test cells in another, both forked from a warm interpreter; and that one
process alone writes the gradebook, a submission at a time, all of it or nothing.

====================  ==========================================================================
``plain``             values that may pass between a student's process and the judge's
``wire``              messages between processes
``recorder``          an IPython that keeps what cells print and show, as a notebook's outputs
``isolation``         a forked process's own namespaces and limits
``cage``              a limit on an interpreter's processes, kept by the kernel
``inside``            what runs in a sandbox: a warm process, and the interpreters forked from it
``sandbox``           starts warm processes in bubblewrap and watches over their interpreters
``assignment``        what an instructor's version says: test cells, answers, and how they part
``execution``         runs one submission's notebooks
``intake``            reads a folder that a student handed in, whatever is in it
``repair``            puts nbgrader's metadata right before nbgrader's own preprocessors run
``gradebook``         writes a submission's grades in one transaction, with nbgrader's own code
``course``            a course as nbgrader's configuration describes it
``scores``            the scores from before a run, and whose moved in it
``run``               hands submissions to Dask's workers and their results to the gradebook
``command``           ``storagelab grade``
``feedback``          what nbgrader's feedback pages may show
====================  ==========================================================================
"""
