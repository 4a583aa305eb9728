"""Grades for Canvas, for Moodle and as plain CSV: nbgrader's exporters, and a command.

============  ====================================================================
``grades``    what the gradebook says of each student's assignment
``ids``       who a student is in another system, from a file
``formats``   the files as Canvas's and Moodle's imports take them
``plugin``    exporters for ``nbgrader export``
``command``   ``sandgrader export``
============  ====================================================================
"""

from sandgrader.export.plugin import CanvasExport, CsvExport, MoodleExport

__all__ = ["CanvasExport", "CsvExport", "MoodleExport"]
