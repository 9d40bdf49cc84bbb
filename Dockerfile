# Two stages of the same Debian release: the first has compilers, the second what runs.
FROM node:24-bookworm AS build
RUN apt-get update \
  && apt-get install --yes --no-install-recommends \
    g++ make python3 libsasl2-dev libssl-dev liblz4-dev libzstd-dev zlib1g-dev \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app

# The Kafka client takes minutes to compile, so it comes before the sources: only a change of the
# dependencies repeats it. Its build races under MAKEFLAGS or JOBS; both stay unset.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts && npm rebuild node-rdkafka
# Without a codec's headers the client builds all the same and fails on the first such record.
RUN node -e "const { features } = require('node-rdkafka'); \
  const missing = ['gzip', 'snappy', 'lz4', 'zstd', 'ssl', 'sasl_scram'].filter((name) => !features.includes(name)); \
  if (missing.length > 0) throw new Error('node-rdkafka was built without ' + missing)"

COPY . .
# On a machine the addon may be missing, which makes Kafka several times slower; here that would be for good.
RUN npm run install && node -e "require('./broker/native/build/Release/millrace.node')" \
  && strip --strip-unneeded broker/native/build/Release/millrace.node
RUN npm run build && chmod +x dist/cli/main.cjs && npm prune --omit=dev --ignore-scripts
# Of the client's 490 MB of sources and objects, 14 MB are needed to run it.
RUN cd node_modules/node-rdkafka \
  && mkdir -p /trimmed/build/Release /trimmed/build/deps \
  && cp -a package.json librdkafka.js lib /trimmed/ \
  && cp -a build/Release/node-librdkafka.node /trimmed/build/Release/ \
  && cp -a build/deps/*.so.1 /trimmed/build/deps/ \
  && cd .. && rm -rf node-rdkafka && mv /trimmed node-rdkafka \
  && node -e "require('node-rdkafka')"

FROM node:24-bookworm-slim AS runtime
RUN apt-get update \
  && apt-get install --yes --no-install-recommends \
    ca-certificates libsasl2-2 libssl3 liblz4-1 libstdc++6 libzstd1 zlib1g \
  && rm -rf /var/lib/apt/lists/* \
  && ln -s /app/dist/cli/main.cjs /usr/local/bin/millrace \
  && install --directory --owner=node --group=node /var/lib/millrace /var/lib/replay
WORKDIR /app
# With glibc's eight arenas a core memory grows for hours: what one thread frees is not what another takes.
ENV NODE_ENV=production MALLOC_ARENA_MAX=2
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/config config
COPY --from=build /app/data data
COPY --from=build /app/jobs jobs
COPY --from=build /app/server/page server/page
COPY --from=build /app/dist dist
COPY --from=build /app/broker/native/build/Release/millrace.node broker/native/build/Release/millrace.node
# Fails here, and not at the first connection, when a shared library is missing.
RUN node -e "require('node-rdkafka'); require('./broker/native/build/Release/millrace.node')" && millrace --version
USER node
CMD ["millrace", "start", "police-calls"]
