#!/usr/bin/env bash
# Builds the image and pushes it to the ECR repository of this account, which it creates if there is none.
#
#   infra/cloudformation/push.sh TAG [REPOSITORY]       default: ensemble
#
# PLATFORM=linux/amd64 for the stack's Architecture=X86_64; the default is linux/arm64. Needs the AWS CLI with a region,
# and Docker with buildx.
set -euo pipefail
cd "$(dirname "$0")/../.."
tag=${1:?"the tag of the image is missing: $0 TAG [REPOSITORY]"}
repository=${2:-ensemble}

aws ecr describe-repositories --repository-names "$repository" >/dev/null 2>&1 ||
  aws ecr create-repository --repository-name "$repository" --image-tag-mutability IMMUTABLE \
    --image-scanning-configuration scanOnPush=true >/dev/null
uri=$(aws ecr describe-repositories --repository-names "$repository" --query 'repositories[0].repositoryUri' --output text)

aws ecr get-login-password | docker login --username AWS --password-stdin "${uri%%/*}"
docker buildx build --platform "${PLATFORM:-linux/arm64}" --provenance=false --tag "$uri:$tag" --push .
