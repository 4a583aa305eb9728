"""Is it true? Every published figure that the models can be held against, and where to trust them.

The tests assert what this package computes, and the book's chapter shows the same run.
"""

from storagelab.published import read_table
from storagelab.validation.cases import Case, all_cases, by_tests, headline
from storagelab.validation.domains import Domain, load_domains
from storagelab.validation.faults import Fault, load_faults

__all__ = [
    "Case",
    "Domain",
    "Fault",
    "all_cases",
    "by_tests",
    "headline",
    "load_domains",
    "load_faults",
    "read_table",
]
