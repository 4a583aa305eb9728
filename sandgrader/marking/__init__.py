"""``sandgrader mark``: a page on this machine for what a person has to mark, one answer at a time.

For any nbgrader course: tasks, and solution cells with points, in Markdown or code. It writes
nbgrader's own gradebook as formgrader does, so that either may be used at any time.

| module | what it does |
|---|---|
| ``pile`` | which answers there are, whose share they are, in which order they come |
| ``rubric`` | what a question asks, by what it is marked, and the points to choose from |
| ``answers`` | what a student wrote, as harmless HTML |
| ``marks`` | reads and writes points and comments, and notices who else has meanwhile |
| ``agreement`` | how far two markers agree |
| ``server``, ``page/`` | the page, for one person on this machine |
"""
