# `tally` in a container: built with Swift, run without it.
#   docker build --tag tally .
#   docker run --rm --volume "$PWD:/work" tally train --data photos --out run
# Files that it writes belong to root unless the run has: --user "$(id -u):$(id -g)"

FROM swift:6.3-bookworm AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends zlib1g-dev liblzma-dev libpng-dev libjpeg-dev libwebp-dev pkg-config python3 \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN scripts/build-tool
RUN DESTDIR=/installed PREFIX=/usr/local scripts/install-tool

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpng16-16 libjpeg62-turbo libwebp7 zlib1g liblzma5 libstdc++6 libgcc-s1 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /installed/ /
WORKDIR /work
ENTRYPOINT ["tally"]
