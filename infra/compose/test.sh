#!/usr/bin/env bash
# The image and docker-compose.yml, tried for real: the commands of the README and of docs/compose.md, typed on a new
# project without a pause; every row of both sagas; a service killed between a charge and its record; all services
# replaced while a sealed card waits; and what can be seen from outside. An error or a warning of docker compose fails
# the test, also where docker compose ends with 0.
#
#   infra/compose/test.sh [--require-docker]
#
# Needs Docker with its compose plugin, bash, curl and GNU coreutils. Without Docker it says SKIPPED and ends with 0; with
# --require-docker, with 1. BUILD_IMAGE, RUNTIME_IMAGE and LOCALSTACK_IMAGE name other images where those of the
# Dockerfile and of docker-compose.yml cannot be pulled. It has a project, an image and ports of its own, and leaves
# nothing behind but the caches of the build.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! { docker compose version && docker info; } >/dev/null 2>&1; then
  printf '\nSKIPPED: no Docker engine with a compose plugin answers here. NOTHING WAS TESTED.\n\n' >&2
  [ "${1:-}" != --require-docker ]
  exit
fi

SERVICES=(booking payment fulfillment notifier)
SECONDS_MAX=180
# Docker picks free ports. The image has a name that is not there yet, as where Ensemble was never built before.
export COMPOSE_PROJECT_NAME="ensemble-test-$$" ENSEMBLE_IMAGE="ensemble-test-$$" LOCALSTACK_PORT=0 GATEWAY_PORT=0
OURS="label=com.docker.compose.project=$COMPOSE_PROJECT_NAME"

# One line for each thing that docker compose does, and no control characters.
export COMPOSE_PROGRESS=plain COMPOSE_ANSI=never

scratch=$(mktemp --directory)

say() { printf '== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

torn_down() {
  local code=$?
  trap - EXIT
  [ "$code" -eq 0 ] || docker compose logs --tail 20 >&2 || true
  say "tears everything down"
  (composed --profile tools down --volumes --remove-orphans --timeout 20) || code=1
  if docker image inspect "$ENSEMBLE_IMAGE" >/dev/null 2>&1; then
    docker image rm "$ENSEMBLE_IMAGE" >/dev/null || code=1
  fi
  rm --recursive --force "$scratch"
  exit "$code"
}
trap torn_down EXIT
trap 'exit 130' INT TERM

# Fails if a line of a file tells of an error or of a warning. Docker compose prints its progress to standard error too,
# so the words of a line decide: ` Container x-booking-1  Started` is progress, ` booking Error pull access denied` is
# an error. A line of the build starts with `#12 ` and may name any crate; a build that fails has an exit code.
no_error_in() {
  local told
  told=$(grep --extended-regexp --invert-match '^#[0-9]+ ' "$1" |
    grep --ignore-case --word-regexp --extended-regexp 'error|warn|warning|failed|denied|unhealthy') || return 0
  fail "docker compose printed an error or a warning: $told"
}

# Shows what a command prints to standard error, and fails on an error in it; the command keeps its own exit code.
heard() {
  local told code=0
  told=$(mktemp --tmpdir="$scratch")
  { "$@" 2>&1 >&3 3>&- | tee "$told" >&2; } 3>&1 || code=$?
  no_error_in "$told"
  return "$code"
}

composed() { heard docker compose "$@"; }

# The operator's command, from the image.
ensemble() { composed run --rm --no-deps -T ensemble "$@"; }

# That many notifications.
notifications() {
  heard timeout "$SECONDS_MAX" docker compose run --rm --no-deps -T ensemble watch --once "$1" --json ||
    fail "waited $SECONDS_MAX s in vain for $1 notifications"
}

# A container of the stack, and one of its facts.
container() { composed ps --all --quiet "$1"; }
fact() { docker inspect --format "$2" "$(container "$1")"; }

# Waits until a command succeeds.
until_it_is_so() {
  local what=$1 deadline=$((SECONDS + SECONDS_MAX))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || fail "waited $SECONDS_MAX s in vain for $what"
    sleep 0.2
  done
}

# A field of a JSON document on one line: a text or a number that holds no quote.
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }

# What was really done for a saga: authorized, captured, voided, refunded.
ledger() {
  local told
  told=$(curl --fail --silent --show-error "$gateway/ledger?saga=$1")
  for what in authorized captured voided refunded; do field "$what" <<<"$told"; done | paste --serial --delimiters ' '
}

# Holds a saga to one notification, its outcome, the id it is about, and what the gateway did.
held() {
  local saga=$1 row=$2 outcome=$3 did=$4 told=$5 of_saga
  of_saga=$(grep --fixed-strings "\"sagaId\":\"$saga\"" <<<"$told") || fail "$row: nothing was told"
  [ "$(wc --lines <<<"$of_saga")" -eq 1 ] || fail "$row: told more than once"
  [ "$(field outcome <<<"$of_saga")" = "$outcome" ] || fail "$row: not $outcome but $of_saga"
  [[ $of_saga == *"\"$row"* ]] || fail "$row: not about it: $of_saga"
  [ "$(ledger "$saga")" = "$did" ] || fail "$row: the gateway did $(ledger "$saga"), not $did"
  printf '   %-28s %-16s at the gateway: %s\n' "$row" "$outcome" "$did"
}

# Types a command, and shows the seconds that it took; what it prints is shown if it fails.
typed() {
  local from=$EPOCHREALTIME
  heard "$@" >"$scratch/printed" || { cat "$scratch/printed" >&2; fail "it does not end with 0: $*"; }
  awk -v from="$from" -v to="$EPOCHREALTIME" -v what="$*" 'BEGIN { printf "   %6.1f s  %s\n", to - from, what }'
}

# The commands of the README and of docs/compose.md. Nothing is waited for between them: `up` comes back when all can be
# called. Publishing and watching take place twice, because whatever the first watch hides, the second waits for.
types_the_commands() {
  typed docker compose up --build --detach
  gateway="http://$(docker compose port gateway 4567)"
  for _ in 1 2; do
    typed docker compose run --rm -T ensemble publish fare - <examples/fares.jsonl
    typed timeout "$SECONDS_MAX" docker compose run --rm ensemble watch --once 5
    typed docker compose run --rm ensemble queues
    typed curl --fail --silent --show-error "$gateway/ledger"
  done
  typed docker compose logs
  no_error_in "$scratch/printed"
  typed docker compose stop payment
  typed docker compose up --detach
  typed docker compose down "$@"
  [ -z "$(docker ps --all --quiet --filter "$OURS")" ] || fail "down leaves containers behind"
}

# The volumes of this project, and all that no container uses: a volume without a name belongs to no project.
volumes() {
  { docker volume ls --quiet --filter "$OURS" && docker volume ls --quiet --filter dangling=true; } | sort --unique
}

types_the_commands_twice() {
  local before left
  before=$(volumes)
  types_the_commands
  left=$(comm -13 <(printf '%s\n' "$before") <(volumes) | xargs)
  [ "$left" = "$(printf "${COMPOSE_PROJECT_NAME}_%s\n" card-private card-public ledger localstack | xargs)" ] ||
    fail "down leaves other volumes behind than those that docs/compose.md names: $left"
  types_the_commands --volumes
  [ "$(volumes)" = "$before" ] || fail "down --volumes leaves volumes behind"
}

# In the order of examples/fares.jsonl and examples/orders.jsonl.
ROWS='3                         completed       1 1 0 0
3_fail_auth               compensated     0 0 0 0
3_fail_charge             compensated     1 0 1 0
3_fail_credit             compensated     1 1 0 1
3_fail_credit_fail_refund needs_attention 1 1 0 0
40063fe3                  completed       0 1 0 0
10063fe3                  compensated     0 0 0 0
11063fe3                  needs_attention 0 0 0 0
20063fe3                  compensated     0 1 0 1
22063fe3                  needs_attention 0 1 0 0
30063fe3                  compensated     0 1 0 1
33063fe3                  needs_attention 0 1 0 1'

plays_every_row() {
  local published told row outcome did saga
  published=$(
    ensemble publish fare - --json <examples/fares.jsonl
    ensemble publish order - --json <examples/orders.jsonl
  )
  [ "$(wc --lines <<<"$published")" -eq "$(wc --lines <<<"$ROWS")" ] || fail "the examples are not the rows: $published"
  told=$(notifications "$(wc --lines <<<"$ROWS")")
  while read -r row outcome did <&3 && read -r saga <&4; do
    held "$saga" "$row" "$outcome" "$did" "$told"
  done 3<<<"$ROWS" 4< <(field sagaId <<<"$published")
}

requested() { ensemble publish fare - --id "$1" --json <examples/fare.json | field sagaId; }

captured() { [ "$(ledger "$1")" = "1 1 0 0" ]; }
came_back() { [ "$(fact "$1" '{{.State.Running}} {{gt .RestartCount 0}}')" = "true true" ]; }
waits_sealed() { [ "$(ensemble queues --json | grep '"queue":"payment"' | field visible)" = 1 ]; }

# SIGKILL from outside of Docker, which takes it for a crash; `docker kill` would be an operator's wish.
crash() {
  docker run --rm --pid host --user 0 --entrypoint sh "$emulator" -c "kill -9 $(fact "$1" '{{.State.Pid}}')"
}

survives_a_crash() {
  local saga told
  # The gateway acts, and keeps its answer back for ever: payment has charged, and has not written it down.
  curl --fail --silent --show-error --output /dev/null --request PUT "$gateway/faults" \
    --data '[{"operation":"capture","kind":"late","delayMs":600000,"times":1}]'
  saga=$(requested request-1)
  until_it_is_so "the charge" captured "$saga"
  crash payment
  until_it_is_so "payment to be started again" came_back payment
  told=$(notifications 1)
  held "$saga" 3 completed "1 1 0 0" "$told"
  first_told=$told first_saga=$saga
}

survives_a_replacement() {
  local saga told service
  composed stop payment
  saga=$(requested request-2)
  until_it_is_so "the sealed card in payment's queue" waits_sealed
  composed stop "${SERVICES[@]}" gateway
  for service in "${SERVICES[@]}" gateway; do
    [ "$(fact "$service" '{{.State.ExitCode}}')" = 0 ] || fail "$service did not stop in order"
  done
  composed rm --force "${SERVICES[@]}" gateway keys
  composed up --detach --quiet-pull
  gateway="http://$(docker compose port gateway 4567)"
  told=$(notifications 1)
  held "$saga" 3 completed "1 1 0 0" "$told"
  # The same request again is the same saga: told again, byte for byte, and charged once.
  [ "$(requested request-1)" = "$first_saga" ] || fail "a repeated request is another saga"
  [ "$(notifications 1)" = "$first_told" ] || fail "a repeated request is told otherwise"
  [ "$(ledger "$first_saga")" = "1 1 0 0" ] || fail "a repeated request was charged again"
}

is_locked_down() {
  local service ports
  for service in "${SERVICES[@]}" gateway; do
    local locked='{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}'
    [ "$(fact "$service" "$locked")" = "65532:65532 true [ALL] [no-new-privileges:true]" ] ||
      fail "$service is not locked down: $(fact "$service" "$locked")"
    [ "$(docker top "$(container "$service")" -eo pid,uid | awk 'NR == 2 { print $2 }')" = 65532 ] ||
      fail "$service runs as another user"
  done
  ports=$(composed ps --quiet | xargs docker inspect \
    --format '{{range .NetworkSettings.Ports}}{{range .}}{{.HostIp}}{{"\n"}}{{end}}{{end}}' |
    grep . | sort | uniq --count | xargs)
  [ "$ports" = "2 127.0.0.1" ] || fail "ports are published elsewhere than on loopback: $ports"
  fact booking '{{range .Mounts}}{{.Name}} {{end}}' | grep --quiet private && fail "booking has the private key"
  return 0
}

# A table, as the emulator's API tells it.
scanned() {
  curl --fail --silent --show-error "http://$(docker compose port localstack 4566)" --data "{\"TableName\":\"ensemble-$1\"}" \
    --header 'X-Amz-Target: DynamoDB_20120810.Scan' --header 'Content-Type: application/x-amz-json-1.0' \
    --header 'Authorization: AWS4-HMAC-SHA256 Credential=ensemble/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0'
}

keeps_cards_to_itself() {
  local logs tables
  logs=$(composed logs)
  tables=$(for table in booking payment fulfillment stock audit; do scanned "$table"; done)
  # What is there to be found is found.
  [[ $logs == *"$first_saga"* && $tables == *"$first_saga"* ]] || fail "neither log nor tables know the saga"
  ! grep --extended-regexp '2424 ?2424' <<<"$logs $tables" || fail "a card number is in a log or in a table"
}

say "types the commands of the README on a new project, twice: the seconds that each took"
types_the_commands_twice
say "brings everything up"
composed up --detach --quiet-pull
gateway="http://$(docker compose port gateway 4567)"
emulator=$(fact localstack '{{.Config.Image}}')

say "plays every row of both sagas"
plays_every_row
say "kills payment between a charge and its record"
survives_a_crash
say "replaces all services and the gateway while a sealed card waits for payment"
survives_a_replacement
say "looks from outside: users, capabilities, ports, keys"
is_locked_down
say "looks for card numbers in logs and tables"
keeps_cards_to_itself
say "all good"
