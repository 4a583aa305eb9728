"""Outcomes in words: numbers in people's units, what is seen now, and equations filled in.

Nothing here computes: a number is an experiment's, dressed by :mod:`storagelab.units`.
"""
