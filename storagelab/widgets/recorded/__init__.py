"""A part's whole workbench for a page without a kernel, from a recording of its states."""
