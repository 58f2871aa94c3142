# Gets, starts and stops a Neo4j from Maven Central. Sourced, in the repository's root, by scripts/test and bench/neo4j/run; what
# they put into the folder $work goes when they end.
#
#   NEO4J_VERSION   the Neo4j to take (default 5.26.30; 2026.08.1 needs Java 21 or newer)

version=${NEO4J_VERSION:-5.26.30}
case $version in
  5.*) wanted_java=17 ;;
  *) wanted_java=21 ;;
esac
java=
server_pid=
work=$(mktemp -d)

stop() {
  # The server stops when its standard input ends; only one that hangs is killed.
  if [[ -n $server_pid ]]; then
    exec 9>&-
    for _ in $(seq 1 200); do
      kill -0 "$server_pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -9 "$server_pid" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The feature version of a JVM that can run a source file (a JDK), or nothing.
jdk_version() {
  "$1" --list-modules 2>/dev/null | grep -q '^jdk\.compiler' || return 0
  "$1" -version 2>&1 | sed -n '1s/.*version "\([0-9]*\).*/\1/p'
}

find_java() {
  local candidate found
  for candidate in "${JAVA_HOME:+$JAVA_HOME/bin/java}" "$(command -v java || true)" /usr/lib/jvm/*/bin/java; do
    [[ -n $candidate && -x $candidate ]] || continue
    found=$(jdk_version "$candidate")
    if [[ -n $found ]] && ((found >= wanted_java)); then
      echo "$candidate"
      return 0
    fi
  done
  return 1
}

install() {
  [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null || return 1
  echo "$0: installing $*" >&2
  apt-get update -qq >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

# prepare POM CACHE: sets `java` and has the jars that POM names in CACHE/lib; fails with a reason on standard error.
prepare() {
  java=$(find_java) || { install "openjdk-$wanted_java-jdk-headless" && java=$(find_java); } \
    || { echo "$0: no JDK $wanted_java or newer was found" >&2; return 1; }
  if [[ ! -e $2/complete ]]; then
    command -v mvn >/dev/null || install maven \
      || { echo "$0: Maven is needed once, to fetch Neo4j $version" >&2; return 1; }
    echo "$0: fetching Neo4j $version from Maven Central" >&2
    mvn -q -B -Dstyle.color=never -f "$1" "-Dneo4j.version=$version" dependency:copy-dependencies \
      "-DoutputDirectory=$2/lib" >&2 || return 1
    touch "$2/complete"
  fi
}

# start OPTIONS CACHE: a server on the home $work/server; exports its address, user and password.
start() {
  LINCHPIN_TEST_NEO4J_USER=neo4j
  LINCHPIN_TEST_NEO4J_PASSWORD=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  export LINCHPIN_TEST_NEO4J_USER LINCHPIN_TEST_NEO4J_PASSWORD
  mkfifo "$work/in" "$work/out"
  "$java" "@$1" -cp "$2/lib/*" tests/neo4j/Neo4jServer.java "$work/server" 0 \
    <"$work/in" >"$work/out" 2>"$work/log" &
  server_pid=$!
  exec 9>"$work/in"
  local line=
  read -r -t 180 line <"$work/out" || true
  if [[ $line != "ready "* ]]; then
    echo "$0: Neo4j $version did not start:" >&2
    tail -n 30 "$work/log" >&2
    return 1
  fi
  export LINCHPIN_TEST_NEO4J_URI=${line#ready }
  echo "$0: Neo4j $version on $("$java" -version 2>&1 | head -n 1)" >&2
}
