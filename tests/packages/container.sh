#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# apart container.sh BASE.tar PACKAGES SOURCE SCRATCH - builds Containerfile on debian_base's Debian and runs what it holds, with
# buildah's own storage in the folder SCRATCH. Isolated by chroot, since containers proper can't be started on every machine.
set -u
base=$1 packages=$2 source=$3 scratch=$4
command -v buildah >/dev/null || { echo "skipped: no buildah"; exit 77; }
[ -s "$base" ] && ls "$packages"/*.deb >/dev/null 2>&1 || { echo "skipped: no packages, or no Debian to install them in"; exit 77; }

rm -rf --one-file-system "$scratch"
mkdir -p "$scratch"
export BUILDAH_ISOLATION=chroot TMPDIR=$scratch
buildah() {
	command buildah --root "$scratch/root" --runroot "$scratch/runroot" --storage-driver vfs "$@"
}

# step WHAT COMMAND…: its output where it fails, how long it took, and the test's end where it fails
step() {
	local what=$1 status=0 began=$SECONDS
	shift
	"$@" >"$scratch/log" 2>&1 || status=$?
	if [ $status -ne 0 ]; then
		tail -n 30 "$scratch/log"
		if [ "$what" = base ]; then
			echo "skipped: buildah makes no image of a Debian here"
			exit 77
		fi
		if [ "$what" = build ] && grep -q 'Temporary failure resolving\|Unable to connect\|Could not connect' "$scratch/log"; then
			echo "skipped: apt has no mirror"
			exit 77
		fi
		echo "FAILED: $what"
		exit $status
	fi
	printf '%5d s  %s\n' $((SECONDS - began)) "$what"
}

# says PATTERN COMMAND…
says() {
	local pattern=$1
	shift
	"$@" >"$scratch/said" 2>&1 || { cat "$scratch/said"; return 1; }
	grep -Eq -- "$pattern" "$scratch/said" || { cat "$scratch/said"; echo "does not say: $pattern"; return 1; }
}

cleared() {
	# Storage is never removed with something mounted in it; apart's namespace ends what is left.
	rm -rf --one-file-system "$scratch"
}
trap cleared EXIT

the_base() {
	local container
	container=$(buildah from scratch) && buildah add -q "$container" "$base" / && buildah commit -q --rm "$container" localhost/debian12
}

step "base" the_base
step "build" buildah bud -q --pull-never --build-arg BASE=localhost/debian12 -t stsurvey -f "$source/Containerfile" "$packages"
container=$(buildah from --pull-never stsurvey) || exit 1
step "version" says '^stsurvey [0-9.]+$' buildah run "$container" stsurvey --version
step "findings" says 'policy-tls-expired' buildah run "$container" stsurvey findings
step "user" says '^10001:/work$' buildah run "$container" sh -c 'echo "$(id -u):$(pwd)"'
step "trust store" says 'BEGIN CERTIFICATE' buildah run "$container" cat /etc/ssl/certs/ca-certificates.crt
# A world in which there is nothing, so that nobody is asked.
step "resolver" says 'MX +NXDOMAIN' buildah run "$container" sh -c '
	printf "server:\n\tlocal-zone: . static\n" >nothing.conf
	stsurvey check --resolver unbound --resolver-config nothing.conf a.test || [ $? -eq 1 ]'
step "entry" says '^\[stsurvey\]$' buildah inspect --type image --format '{{.OCIv1.Config.Entrypoint}}' stsurvey
