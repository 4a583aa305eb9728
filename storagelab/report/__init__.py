"""What this course adds to the class report, from students' ledgers and answers.

Nothing of a submission is executed: a ledger is read as untrusted data, an answer as a literal.
"""
