"""Course tools: from the text notebooks to ``source/``, ``release/`` and a graded class.

For instructors; nothing here is imported by a lab.
"""
