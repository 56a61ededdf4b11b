#!/bin/bash
# usage: boot.sh ROOT NAME SHARE
# Boots the systemd of the tree ROOT as process 1 of namespaces of its own: an overlay that
# is thrown away, a network with a loopback only, its own control groups: of the hierarchies
# that GAZETTED_BOOT_GROUPS lists (the directories in which this machine has them), or of
# one alone, the second version (".": where that is all that this machine has; "unified").
# SHARE is at /media/share inside. Ends when it is powered off or this process is killed.
set -eu
hierarchies=${GAZETTED_BOOT_GROUPS:?}

if [ "$1" != --inside ]; then
	for h in $hierarchies; do
		mkdir -p "/sys/fs/cgroup/$h/$2"
		echo $$ >"/sys/fs/cgroup/$h/$2/cgroup.procs"
	done
	exec setsid unshare --mount --pid --fork --uts --ipc --net --cgroup \
		--kill-child=SIGKILL -- "$0" --inside "$@"
fi
shift
root=$1 name=$2 share=$3

mount --make-rprivate /
top=$(mktemp -d)
mount -t tmpfs tmpfs "$top"
mkdir "$top/upper" "$top/work" "$top/root"
mount -t overlay -o "lowerdir=$root,upperdir=$top/upper,workdir=$top/work" overlay "$top/root"
cd "$top/root"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
case $hierarchies in
*\ *)
	mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
	for h in $hierarchies; do
		mkdir "sys/fs/cgroup/$h"
	done
	mount -t cgroup2 -o nsdelegate cgroup2 sys/fs/cgroup/unified
	mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
	mount -t cgroup -o memory cgroup sys/fs/cgroup/memory
	mount -t cgroup -o pids cgroup sys/fs/cgroup/pids
	;;
*)
	mount -t cgroup2 -o nsdelegate cgroup2 sys/fs/cgroup
	;;
esac
mount -t tmpfs -o mode=755 tmpfs dev
while read -r device major minor; do
	mknod -m 666 "dev/$device" c "$major" "$minor"
done <<-END
	null 1 3
	zero 1 5
	full 1 7
	random 1 8
	urandom 1 9
	tty 5 0
END
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs tmpfs dev/shm
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs tmpfs tmp
mkdir -p media/share before
mount --bind "$share" media/share
ip link set lo up
hostname "$name"
pivot_root . before
cd /
umount -l /before
# else the directories of LoadCredential= would be empty
mount --make-rshared /
exec env -i container=namespaces PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd \
	--log-target=journal --show-status=0 systemd.unit=multi-user.target
