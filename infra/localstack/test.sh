#!/usr/bin/env bash
# Starts a LocalStack of its own on a free port, runs a command against it, and stops it whatever happens.
#
#   infra/localstack/test.sh [COMMAND…]         default: the scenarios of both sagas and the probe
#
# COMMAND finds the address in ENSEMBLE_TEST_LOCALSTACK. Where LocalStack cannot be installed, nothing is run.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ $# = 0 ]; then
  # Of the whole workspace, so that what `cargo test --workspace` has built is used again.
  set -- cargo test --workspace --locked --test it -- localstack::
fi

command -v curl >/dev/null || { echo "curl is not installed" >&2; exit 1; }

tools=target/tools/localstack
mkdir -p "$tools"
log=$tools/install.log
if ! infra/localstack/install.sh "$tools" >"$log" 2>&1; then
  printf '\nSKIPPED: no LocalStack: %s\n(%s)\n\n' "$(tail -n 1 "$log")" "$log" >&2
  exit 0
fi

port=$("$tools/venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export ENSEMBLE_TEST_LOCALSTACK=http://127.0.0.1:$port
log=$tools/localstack.log
# A process group of its own, so that DynamoDB Local ends with it.
set -m
infra/localstack/run.sh "$port" "$tools" >"$log" 2>&1 &
localstack=$!
set +m
stop() {
  kill -TERM -- "-$localstack" 2>/dev/null || true
  wait "$localstack" 2>/dev/null || true
  # What it has forked takes a SIGTERM for its parent's, and stays.
  kill -KILL -- "-$localstack" 2>/dev/null || true
}
trap stop EXIT

until curl --noproxy '*' -fsS --max-time 5 -o /dev/null "$ENSEMBLE_TEST_LOCALSTACK/_localstack/health" 2>/dev/null; do
  if ! kill -0 "$localstack" 2>/dev/null; then
    echo "LocalStack ended at its start; $log:" >&2
    tail -n 20 "$log" >&2
    exit 1
  fi
  sleep 0.2
done
# With the AWS CLI that came along.
PATH=$PATH:$PWD/$tools/venv/bin "$@"
