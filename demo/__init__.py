"""The demo class: made-up students of every track, taken through a whole round of grading.

For instructors and tests: its reference answers come from the course's own keys.
"""
