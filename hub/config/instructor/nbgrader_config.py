"""nbgrader's configuration of the instructor: where the course is, and how it is graded."""

from hub.people import course_folder

c = get_config()  # noqa: F821 - given by traitlets

c.CourseDirectory.root = str(course_folder())

# On a machine that students share, their code is never run without a sandbox.
c.Grade.sandbox = "required"
