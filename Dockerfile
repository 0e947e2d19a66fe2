# Hullkeeper as an image: Node, our sources, the packages they need, and nothing else.
#
# Both bases are yours to choose, and must be pinned by digest, for an update you have not seen is an update you have not
# verified. BASE is what runs: a hardened image with Node 24 (24.15 or later) as `node` in PATH; it needs no shell and no npm.
# BUILD_BASE is the variant of the same vendor and the same C library that has npm and a shell. With a vendor's tool:
#   cosign verify …                        prove the image, then
#   crane digest cgr.dev/chainguard/node:latest-dev
#   docker build --build-arg BUILD_BASE=cgr.dev/chainguard/node@sha256:… --build-arg BASE=cgr.dev/chainguard/node@sha256:… .
# No default stands here: a tag moves, and a digest from this file would be out of date by the time it is read.
ARG BUILD_BASE
ARG BASE

FROM ${BUILD_BASE} AS packages
USER root
WORKDIR /app
COPY package.json package-lock.json ./
# Optional packages are Node itself, which the base has, and native code, which has a fallback.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM ${BASE}
ENV NODE_ENV=production
# The C library of Debian and its like keeps freed memory for each thread apart: 10 MB less with two such places.
ENV MALLOC_ARENA_MAX=2
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY config ./config
COPY src ./src
COPY workers ./workers
# By number, so that an orchestrator can see that it is not root.
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["node", "src/cli/hullkeeper.mjs"]
CMD ["serve", "--config", "/etc/hullkeeper/hullkeeper.yaml"]
