"""The storage that starves a fleet of machine-learning machines: models, labs, instruments.

Importing the package loads the models alone. A lab's widgets load when a workbench is opened.
"""

from storagelab import access, checkpoint, cost, energy, formats, pipeline, queueing, units

__all__ = [
    "access",
    "checkpoint",
    "cost",
    "energy",
    "formats",
    "pipeline",
    "queueing",
    "units",
]
__version__ = "0.1.0"
