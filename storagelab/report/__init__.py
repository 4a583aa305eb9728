"""What an instructor wants to know of a class, from nbgrader's gradebook and students' ledgers.

Nothing of a submission is executed: a ledger is read as untrusted data, an answer as a literal.
"""
