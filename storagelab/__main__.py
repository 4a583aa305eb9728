"""``python -m storagelab`` is the command ``storagelab``."""

from storagelab.cli import main

if __name__ == "__main__":
    main(prog_name="storagelab")
