"""A JupyterHub on this machine for one class: ``make hub``, or ``python -m hub`` as root."""
