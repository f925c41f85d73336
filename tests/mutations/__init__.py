"""Named damages to good records, each with the code that is meant for it: the checks' own test.

    python -m tests.mutations

prints the table: how many good records each damage fits, and in how many of them its code was found.
"""
