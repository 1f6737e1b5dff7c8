# Builds the root that an untrusted program sees and enters it. Arguments: the folder to build on, the work folder's size in bytes,
# entries (kind, path inside, source), "--", the command. Runs in mount, process, network, IPC and host-name namespaces of its own.
set -eu
umask 022
root=$1 size=$2
shift 2
mount -t tmpfs -o mode=755,size=1m,nr_inodes=4096,nosuid,nodev sandbox "$root"
while [ "$1" != -- ]; do
  kind=$1 path=$2 source=$3
  shift 3
  case $kind in
    link) mkdir -p "$root${path%/*}"; ln -s "$source" "$root$path"; continue ;;
    folder) mkdir -p "$root$path" ;;
    *) mkdir -p "$root${path%/*}"; : > "$root$path" ;;
  esac
  mount --rbind "$source" "$root$path"
  [ "$kind" != device ] || continue
  # A read-only bind covers one mount only, so every mount below it is made read-only too.
  while read -r _ at _; do
    case $at in "$root$path" | "$root$path"/*) mount -o remount,bind,ro,nosuid,nodev "$at" ;; esac
  done < /proc/self/mounts
done
shift
mkdir "$root/box"
mount -t tmpfs -o "mode=1777,size=$size,nr_inodes=4096,nosuid,nodev,noexec" box "$root/box"
mount -o remount,ro,nosuid,nodev,mode=755,size=1m sandbox "$root"
# A process whose root was changed may not make user namespaces: the program cannot get capabilities back.
exec chroot "$root" "$@"
