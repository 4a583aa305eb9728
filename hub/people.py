"""Who is in the class, and where their things are inside the hub's sandbox."""

from __future__ import annotations

from pathlib import Path

COURSE = "storagelab"
"""nbgrader's id of the course, as in ``nbgrader_config.py``."""
INSTRUCTOR = "instructor"
STUDENTS = ("ada", "ben", "cleo")
EVERYBODY = (INSTRUCTOR, *STUDENTS)

FIRST_UID = 58001
"""The first of the accounts' ids, a whole number: beyond people's, short of what systemd takes."""
UIDS = {name: FIRST_UID + index for index, name in enumerate(EVERYBODY)}

# not /home: the checkout may be there
HOMES = Path("/srv/home")
EXCHANGE = Path("/srv/nbgrader/exchange")
STATE = Path("/srv/hub")
"""The hub's own files, for root alone."""
MATERIAL = Path("/srv/material")
"""The course as the checkout has it, for root alone: the instructor gets a copy."""
PASSWORDS = "passwords.txt"
"""A file in the state folder, for root alone: a name and a password a line."""


def home_of(name: str) -> Path:
    """Return the home of an account."""
    return HOMES / name


def course_folder() -> Path:
    """Return the folder of the instructor's course, with source/ and the gradebook in it."""
    return home_of(INSTRUCTOR) / COURSE
