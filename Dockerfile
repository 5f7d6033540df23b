# An odw worker. Its base is glibc: Temporal's native library does not run on musl.
FROM node:20-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm pack --ignore-scripts --pack-destination /tmp

FROM node:20-slim
# git for worktrees, ps for the process table of agents' own tools, certificates for every call to a vendor.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends git ca-certificates procps \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /tmp/open-dynamic-workflow-*.tgz /tmp/
RUN npm install --global --ignore-scripts /tmp/open-dynamic-workflow-*.tgz && rm -rf /tmp/*.tgz /root/.npm \
  && mkdir -p /var/lib/odw/blobs && chown -R node:node /var/lib/odw
# Agents' command-line tools go here in an image of your own: FROM odw-worker, USER root, RUN npm install --global …, USER node.
ENV ODW_HOME=/var/lib/odw
USER node
CMD ["odw", "worker", "start"]
