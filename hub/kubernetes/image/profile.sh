# shellcheck shell=sh
# For login shells, such as JupyterLab's terminals: /etc/profile has set PATH anew.
PATH=/opt/storagelab/bin:$PATH
