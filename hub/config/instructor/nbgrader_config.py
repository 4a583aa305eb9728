"""nbgrader's configuration of the instructor: where the course is."""

from hub.people import course_folder

c = get_config()  # noqa: F821 - given by traitlets

c.CourseDirectory.root = str(course_folder())
