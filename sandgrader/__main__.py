"""Run the command as ``python -m sandgrader``."""

from sandgrader.cli import main

main(prog_name="sandgrader")
