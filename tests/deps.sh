#!/bin/sh
# Installs what gazetted is built and tested with: Debian 12's packages, nothing else.
# Root or sudo installs; otherwise the one command to run is printed.
set -eu
packages="gcc make pkg-config libev-dev libxml2-dev libcurl4-openssl-dev libssl-dev
libsqlite3-dev libyaml-dev libjansson-dev libmd4c-dev zlib1g-dev libbrotli-dev
libqrencode-dev libutf8proc-dev libseccomp-dev tzdata ca-certificates curl clang mandoc
node-llhttp postgresql-15 libpq-dev python3 python3-feedparser python3-html5lib newsboat rss2email"
missing=$(for p in $packages; do
	[ "$(dpkg-query -W -f='${Status}' "$p" 2>/dev/null)" = "install ok installed" ] || echo "$p"
done | tr '\n' ' ')
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then
	sudo=
elif command -v sudo >/dev/null 2>&1; then
	sudo=sudo
else
	echo "gazetted needs packages that are not installed. As root, run:" >&2
	echo "  apt-get install $missing" >&2
	exit 1
fi
echo "installing: $missing" >&2
log=$(mktemp)
if ! { $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y \
	--no-install-recommends $missing; } >"$log" 2>&1; then
	tail -20 "$log" >&2
	echo "the packages could not be installed (log: $log)" >&2
	exit 1
fi
rm -f "$log"
