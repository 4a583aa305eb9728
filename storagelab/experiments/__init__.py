"""One pure function for each part: a track and the student's settings in, an outcome out.

An outcome is a frozen record of plain numbers in SI units with the settings inside it. What is
drawn, saved, said or graded is derived from it and from nothing else.

Settings are dataclasses, so that one of them can be replaced by name. Outcomes are structs: nobody
replaces anything in those, and a class of thirty fields is made in a fiftieth of the time, which
every notebook pays when it opens.
"""
