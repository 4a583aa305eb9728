"""nbgrader's configuration for everybody in the hub: the exchange, and where the gradebook is.

A course's own ``nbgrader_config.py`` comes on top of it, in the folder where nbgrader runs.
``NGSHARE_URL`` names the exchange. ``STORAGELAB_GRADEBOOK`` is the gradebook's address, without a
password (libpq takes that from ``PGPASSWORD``); only instructors' servers and the grader have it.
"""

import os

from ngshare_exchange import ExchangeReleaseAssignment, ExchangeSubmit, configureExchange

from storagelab.exchange import releasing, submitting

c = get_config()  # noqa: F821 - given by traitlets

configureExchange(c, os.environ.get("NGSHARE_URL", "http://ngshare:8080/services/ngshare"))
c.CourseDirectory.course_id = "storagelab"
# Students see when an assignment is due, and are warned before they hand in late.
c.ExchangeFactory.release_assignment = releasing(ExchangeReleaseAssignment)
c.ExchangeFactory.submit = submitting(ExchangeSubmit)
# `storagelab grade` refuses where students' code can't be kept in a sandbox, as in a server's pod.
c.Grade.sandbox = "required"

gradebook = os.environ.get("STORAGELAB_GRADEBOOK")
if gradebook:
    c.CourseDirectory.db_url = gradebook
