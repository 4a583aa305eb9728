"""One profile for every property: no deadline on a shared machine, the same examples each time."""

from hypothesis import settings

settings.register_profile("storagelab", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("storagelab")
