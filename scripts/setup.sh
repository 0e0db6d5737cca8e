# Sourced by scripts/start, scripts/test and scripts/check: brings what they need, quietly, and puts Node 24 first in PATH.
# Takes the names of programs that must be there; those of Debian's packages are installed when they are missing.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

fail() {
  echo "$*" >&2
  exit 1
}

command -v npm >/dev/null || fail 'npm is missing: install Node.js 20 or newer with npm'

# Once for each state of the lock file.
if ! cmp -s package-lock.json node_modules/.installed-lock 2>/dev/null; then
  echo 'installing npm packages ...' >&2
  npm ci --no-audit --no-fund --loglevel=error >&2 || fail 'npm ci failed: the npm registry must be reachable'
  cp package-lock.json node_modules/.installed-lock
fi
export PATH="$PWD/node_modules/.bin:$PATH"
node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 24 ? 0 : 1)' || fail 'the npm package "node" did not bring Node 24 for this system: install Node 24 and try again'

declare -A PACKAGE=([mariadbd]=mariadb-server [mariadb]=mariadb-client [swaks]=swaks [mbsync]=isync [curl]=curl [fetchmail]=fetchmail [offlineimap]=offlineimap3 [postfix]=postfix [Net::SSLeay]=libnet-ssleay-perl)

# A program, or a module of Perl.
have() {
  case "$1" in
    *::*) perl "-M$1" -e 1 2>/dev/null ;;
    *) PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v "$1" >/dev/null ;;
  esac
}

need() {
  local missing=() program
  for program in "$@"; do
    have "$program" || missing+=("${PACKAGE[$program]:-$program}")
  done
  [ ${#missing[@]} -eq 0 ] && return
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then as_root=(sudo -n); fi
  if ! command -v apt-get >/dev/null || ! "${as_root[@]}" true 2>/dev/null; then
    fail "please install: ${missing[*]} (the names of Debian's packages; on other systems MariaDB 10.11, swaks, isync, curl)"
  fi
  echo "installing ${missing[*]} from Debian's packages ..." >&2
  local log
  log=$(mktemp)
  {
    "${as_root[@]}" apt-get update -qq &&
      DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
  } >"$log" 2>&1 || { tail -20 "$log" >&2; fail "could not install ${missing[*]} from Debian's packages"; }
}
