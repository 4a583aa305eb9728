#!/bin/sh
# What goes into an image, as steps that run anywhere: the Dockerfile calls them, and
# `make deploy-check` runs them on a machine without Docker.
#
#   install.sh system ROLE          Debian's packages that the role needs; as root
#   install.sh python ROLE PREFIX   a virtual environment in PREFIX with the role's packages
#
# ROLE is student, instructor (who grades too) or ngshare (the exchange). Run in a checkout, or in a
# folder with pyproject.toml, requirements.lock, README.md, storagelab/, sandgrader/, hub/share/ and
# hub/kubernetes/image/ of one.
set -eu

# The hub's own version, that of the chart in docs/deploy.md: a server and its hub have to agree on
# their first number. Everything else is as pinned in requirements.lock.
JUPYTERHUB=${JUPYTERHUB:-5.5.0}

# With SQLAlchemy 2, which ngshare 0.6.0 allows, a release is answered with success and is nowhere.
NGSHARE='ngshare==0.6.0 SQLAlchemy>=1.4.54,<2 alembic<1.19 requests'
# ngshare-exchange 0.5.3 asks for a jupyter_core of 2022 in its metadata alone: pip would rather
# take 0.5.2 than tell. Its other requirements are nbgrader's, and rapidfuzz.
NGSHARE_EXCHANGE='ngshare-exchange==0.5.3'

usage() {
  echo "usage: $0 system ROLE | $0 python ROLE PREFIX, ROLE one of student, instructor, ngshare" >&2
  exit 2
}

packages() {
  case $1 in
    instructor) echo "bubblewrap git" ;; # the grader's sandbox; a course is kept in a repository
    student | ngshare) ;;
    *) usage ;;
  esac
}

install_system() {
  wanted=$(packages "$1")
  [ -n "$wanted" ] || return 0
  apt-get update -qq
  # shellcheck disable=SC2086 # a list of names
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $wanted >/dev/null
  rm -rf /var/lib/apt/lists/*
}

install_python() {
  role=$1 prefix=$2 here=$(dirname "$0")
  case $role in
    student) wanted=".[lab] nbgrader rapidfuzz" ;;
    instructor) wanted=".[hub] rapidfuzz" ;;
    ngshare) wanted=$NGSHARE ;;
    *) usage ;;
  esac
  python3 -m venv "$prefix"
  pip="$prefix/bin/python -m pip --disable-pip-version-check --no-input"
  pins="$prefix/constraints.txt"
  sed '/^jupyterhub==/d' requirements.lock >"$pins"
  [ "$role" != ngshare ] || sed -i -E '/^(sqlalchemy|alembic)==/d' "$pins"
  # shellcheck disable=SC2086 # lists of words
  $pip install -q --no-cache-dir -c "$pins" "jupyterhub==$JUPYTERHUB" $wanted
  [ "$role" != ngshare ] || return 0

  $pip install -q --no-cache-dir --no-deps "$NGSHARE_EXCHANGE"
  mkdir -p "$prefix/etc/jupyter"
  cp "$here/nbgrader_config.py" "$prefix/etc/jupyter/"
  switch_on() { "$prefix/bin/jupyter" server extension enable --sys-prefix "$1" >/dev/null 2>&1; }
  switch_on storagelab.exchange.assignment_list # words in the place of a traceback
  if [ "$role" = instructor ]; then
    switch_on sandgrader.formgrader # its button grades in the sandbox, or not at all
    # formgrader's formulas and keys without another host
    mkdir -p "$prefix/share/jupyter"
    cp -r hub/share/jupyter/nbconvert "$prefix/share/jupyter/"
  fi
  if [ "$role" = student ]; then
    # what only instructors have a use for is off
    for extension in formgrader course_list; do
      "$prefix/bin/jupyter" server extension disable --sys-prefix \
        "nbgrader.server_extensions.$extension" >/dev/null 2>&1
    done
    for extension in formgrader course-list create-assignment; do
      "$prefix/bin/jupyter" labextension disable --level=sys_prefix \
        "@jupyter/nbgrader:$extension" >/dev/null 2>&1
    done
  fi
}

case "${1:-} $#" in
  "system 2") install_system "$2" ;;
  "python 3") install_python "$2" "$3" ;;
  *) usage ;;
esac
