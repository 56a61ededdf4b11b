#!/bin/sh
# A PostgreSQL for tests: `postgres.sh start DIR [OPTION...]`, `postgres.sh stop DIR`.
# The server is DIR/data, on a Unix socket in DIR and nowhere else, its superuser is
# "postgres" without a password. It refuses root, so root starts it as that user. OPTIONs are
# the server's ("-c fsync=on"); without one nothing is synced. Exit 77: there is none here.
set -eu
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
[ -n "$bin" ] || exit 77
verb=$1 dir=$2
shift 2
as=
if [ "$(id -u)" = 0 ]; then
	id postgres >/dev/null 2>&1 || exit 77
	as="setpriv --reuid=postgres --regid=postgres --clear-groups"
fi
case $verb in
start)
	mkdir -p "$dir"
	[ -z "$as" ] || chown postgres "$dir"
	chmod 711 "$dir"
	cd "$dir"
	[ -d data ] || $as "$bin/initdb" -D data -U postgres -A trust -E UTF8 --locale=C -N \
		>"/dev/null" 2>&1
	$as "$bin/pg_ctl" -D data -l "$dir/log" -w -t 60 -o "-c listen_addresses='' \
-c unix_socket_directories='$dir' -c unix_socket_permissions=0777 -c max_connections=200 \
-c shared_buffers=32MB -c autovacuum=off -c jit=off ${*:--c fsync=off -c full_page_writes=off}" \
		start >/dev/null 2>&1 || { cat "$dir/log" >&2; exit 1; }
	;;
stop)
	# and the servers in it that a test left when it failed
	for data in "$dir"/data "$dir"/own*/data; do
		[ ! -d "$data" ] || (cd "$data/.." &&
			$as "$bin/pg_ctl" -D data -m immediate -w stop >/dev/null 2>&1) || true
	done
	;;
esac
