# One image for everything: the command `ensemble` with its services, its one-shots and the simulated gateway.
#
#   docker build -t ensemble .
#   docker buildx build --platform linux/arm64 -t ensemble .      # as it runs on Fargate; nothing here knows a processor
#
# Where the bases cannot be pulled, name others: BUILD_IMAGE with cargo of the same version, a C compiler (for SQLite and
# ring) and its C library; RUNTIME_IMAGE with a C library no older, libgcc_s and CA certificates.

# The version is that of rust-toolchain.toml; services/console/tests/it/image.rs compares the two.
ARG BUILD_IMAGE=rust:1.95.0-slim-bookworm
# The C library of the same Debian, CA certificates for calls to AWS, no shell and no package manager.
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY . .
# Dependencies stay built in the caches. A layer with a skeleton of the workspace would outlive `docker builder prune`, at
# the price of a list of all members to keep. The sources are touched because cargo goes by times of change, and those of
# another checkout may be older than what is in the cache. `locked`: two builds at a time, as for two platforms, take
# turns. The folders are for volumes, see below.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/src/target,sharing=locked \
    find examples shared services infra -type f -exec touch {} + \
    && cargo build --locked --release --package ensemble --bin ensemble \
    && cp target/release/ensemble /ensemble \
    && mkdir -p /state/private /state/public /state/ledger

FROM ${RUNTIME_IMAGE}
LABEL org.opencontainers.image.title="ensemble" \
      org.opencontainers.image.description="Choreographed sagas on Amazon SNS and SQS" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
ARG REVISION=unknown
LABEL org.opencontainers.image.revision="${REVISION}"
# The user `nonroot` of distroless, by number, so that an orchestrator can see that it is not root.
ARG UID=65532
COPY --from=build /ensemble /usr/local/bin/ensemble
# A new volume takes its owner from the folder on which it is mounted.
COPY --from=build --chown=${UID}:${UID} /state /var/lib/ensemble
USER ${UID}:${UID}
ENTRYPOINT ["ensemble"]
CMD ["--help"]
