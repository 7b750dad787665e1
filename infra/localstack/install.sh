#!/usr/bin/env bash
# Installs LocalStack 4.14.0 for this machine, without Docker; run again, it does nothing.
#
#   infra/localstack/install.sh [FOLDER]        default: target/tools/localstack
#
# Needs python3.13 (or PYTHON=<path>), a JDK of version 17 or later, and npm; about 500 MB of disk. The DynamoDB Local
# jar in FOLDER may be used but not passed on, so FOLDER is one that git ignores.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-"$here/../../target/tools/localstack"}

lacking() { echo "$*" >&2; exit 1; }

# What is installed is what these two files say.
wanted=$(cat "$here/install.sh" "$here/requirements.txt" | cksum)
mkdir -p "$folder"
cd "$folder"
if [ "$(cat installed 2>/dev/null)" = "$wanted" ]; then exit 0; fi

is_313() { [ "$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = 3.13 ]; }
python=
for candidate in ${PYTHON:+"$PYTHON"} python3.13 python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13*/bin/python3.13; do
  if is_313 "$candidate"; then python=$candidate; break; fi
done
[ -n "$python" ] || lacking "python3.13 is not installed; or set PYTHON to its path"
command -v javac >/dev/null || lacking "a JDK of version 17 or later is not installed (javac)"
java=$(java -XshowSettings:properties -version 2>&1)
java_home=$(sed -n 's/^ *java\.home = //p' <<<"$java")
java_version=$(sed -n 's/^ *java\.specification\.version = //p' <<<"$java")
[ "${java_version%%.*}" -ge 17 ] 2>/dev/null || lacking "java is of version ${java_version:-unknown}; 17 or later is needed"
command -v npm >/dev/null || lacking "npm is not installed"

rm -rf installed venv root
"$python" -m venv venv
venv/bin/pip install --quiet --no-deps --disable-pip-version-check --requirement "$here/requirements.txt"

# LocalStack looks for a Java and for DynamoDB Local where it would have downloaded them to.
lib=root/var/lib/localstack/lib
dynamodb=$lib/dynamodb-local/2
mkdir -p "$dynamodb" "$lib/java"
ln -s "$java_home" "$lib/java/21"
simulator=amplify-dynamodb-simulator-2.9.30
npm pack --silent "${simulator%-*}@${simulator##*-}" >/dev/null
tar -xzf "$simulator.tgz" --strip-components=2 -C "$dynamodb" package/emulator
rm "$simulator.tgz"

# LocalStack starts it with an agent that allows more than 20 indexes to a table. Nobody here needs one.
agent=$(mktemp -d)
trap 'rm -rf "$agent"' EXIT
echo 'public class NoAgent { public static void premain(String arguments) {} }' >"$agent/NoAgent.java"
echo 'Premain-Class: NoAgent' >"$agent/manifest"
javac --release 8 -Xlint:-options -d "$agent" "$agent/NoAgent.java"
jar cfm "$dynamodb/ddb-local-loader-0.1.jar" "$agent/manifest" -C "$agent" NoAgent.class

echo "$wanted" >installed
