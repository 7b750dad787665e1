#!/usr/bin/env bash
# Runs the LocalStack that install.sh has installed, until it is stopped. All that it holds is in memory.
#
#   infra/localstack/run.sh [PORT] [FOLDER]     default: 4566, target/tools/localstack
#
# SERVICES limits what it offers; everything is loaded when it is first called.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(cd "${2:-"$here/../../target/tools/localstack"}" && pwd)
at=127.0.0.1:${1:-4566}

export GATEWAY_LISTEN=$at LOCALSTACK_HOST=$at FILESYSTEM_ROOT=$folder/root OVERRIDE_IN_DOCKER=false
export SERVICES=${SERVICES-sqs,sns,dynamodb,dynamodbstreams,cloudformation,iam,kms,secretsmanager,logs,cloudwatch,sts,ssm,ec2}
export EAGER_SERVICE_LOADING=0 DYNAMODB_IN_MEMORY=1 LS_LOG=${LS_LOG:-warn}
# It warns of its own answers: three lines for each subscription that is looked at.
export LOG_LEVEL_OVERRIDES=${LOG_LEVEL_OVERRIDES-localstack.aws.protocol.serializer=ERROR}
export PROVIDER_OVERRIDE_DYNAMODB=v2 PROVIDER_OVERRIDE_DYNAMODBSTREAMS=v2
export SQS_ENDPOINT_STRATEGY=path SQS_DISABLE_CLOUDWATCH_METRICS=1
# Nothing is fetched and nothing is reported.
export SKIP_SSL_CERT_DOWNLOAD=1 DISABLE_EVENTS=1 DNS_ADDRESS=0
exec "$folder/venv/bin/python" -m localstack.runtime.main
