"""One pure function for each part: a track and the student's settings in, an outcome out.

An outcome is a frozen record of plain numbers in SI units with the settings inside it. What is
drawn, saved, said or graded is derived from it and from nothing else.
"""
