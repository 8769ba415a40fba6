# Node-RED with this palette and its examples: docker build -t node-red-openstack-events . (docs/docker.md)
# The first stage is no Alpine: the Node.js among the development dependencies needs glibc. Tags of the second are
# <Node-RED>-<Node.js>; the journal and the audit store need Node.js 22.13 or newer.
ARG NODE=24-bookworm-slim
ARG NODE_RED=5.0.7-24

FROM node:${NODE} AS packed
WORKDIR /package
COPY . .
# "npm ci" builds as well (prepare); what is packed is what npm would publish.
RUN npm ci --no-audit --no-fund \
 && mkdir /packed \
 && npm pack --ignore-scripts --pack-destination /packed

FROM nodered/node-red:${NODE_RED}
# Into the image, not into the volume /data: a new image brings a new palette to old flows. The examples come with it.
COPY --from=packed /packed/ /tmp/packed/
RUN npm install --omit=dev --no-audit --no-fund --no-update-notifier /tmp/packed/*.tgz
