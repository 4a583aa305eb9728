"""Is it true? Every published figure that the models can be held against, and where to trust them.

The tests assert what this package computes, and the book's chapter shows the same run.
"""

from storagelab.published import read_table
from storagelab.validation.cases import Case, all_cases
from storagelab.validation.domains import Domain, load_domains

__all__ = ["Case", "Domain", "all_cases", "load_domains", "read_table"]
