"""What this course adds to nbgrader's exchange: a due date that students see, and a warning.

In a ``nbgrader_config.py`` that everybody's nbgrader reads::

    c.ExchangeFactory.release_assignment = "storagelab.exchange.Release"
    c.ExchangeFactory.submit = "storagelab.exchange.Submit"

The first writes the gradebook's due date beside the notebooks that it releases. The second stops at
the first try to hand in late, says so, and hands in at the second. JupyterLab shows what it says in
words where ``storagelab.exchange.assignment_list`` is among the server's extensions.

For another exchange than nbgrader's folder :func:`releasing` and :func:`submitting` make the same
of its classes.
"""

from __future__ import annotations

from nbgrader.exchange.default import ExchangeReleaseAssignment, ExchangeSubmit

from storagelab.exchange.due_dates import releasing, submitting

Release = releasing(ExchangeReleaseAssignment)
Submit = submitting(ExchangeSubmit)
