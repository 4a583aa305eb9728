"""What a notebook talks to: a part's lab, and the checks of its test cells."""

from storagelab.labs.collector import resting_collector

with resting_collector():
    from storagelab.labs.session import open_part

__all__ = ["open_part"]
