"""What an instructor wants to know of a class, from nbgrader's gradebook and folders.

Who is where, the points, every graded cell; with names, or without persons to be shared. It works
for any nbgrader course; what a course knows beside (:mod:`~sandgrader.report.sections`) is handed
in. Nothing of a submission is executed.
"""
