"""Loads all that labs and their tests load on first use, when it is imported.

``c.Grade.imports`` names it: a grader imports it once, and every notebook's process that is forked
after that has the tracks and the models at hand. Nothing here is an answer: what is computed is
what a lab shows to who opens it.
"""

from storagelab.labs import checking, session  # noqa: F401 - to be loaded
from storagelab.parts import PARTS
from storagelab.parts import normalized_curves as normalized_curves
from storagelab.tracks import TRACKS, load_track

for _name in TRACKS:
    _track = load_track(_name)
    for _part in PARTS.values():
        _part.summary(_track, _part.baseline(_track))
        _part.words(_track, _part.of(_track).title, _part.crisis(_track))
