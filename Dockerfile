# The mock in a container: docker build -t leadproof . && docker run --rm -p 127.0.0.1:8080:8080 leadproof
# Load from containers, as in loadtests/deploy: docker build --build-arg EXTRAS=[load,metrics] -t leadproof:load .
#
# Stage 1 fetches what the lock file names, checks the hashes, and builds. Stage 2 takes from there, and only from there,
# what the mock needs to run: no build or test tool is in the image.

FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements.lock ./
RUN pip wheel --no-cache-dir --require-hashes --wheel-dir wheels -r requirements.lock \
 && pip install --no-cache-dir --no-index --find-links wheels hatchling
# What that is stands in .dockerignore.
COPY . .
RUN pip wheel --no-cache-dir --no-index --no-deps --no-build-isolation --wheel-dir wheels .

FROM python:3.11-slim
ARG EXTRAS=""
# Runs go to /runs, where a volume takes its owner from.
RUN --mount=type=bind,from=build,source=/build/wheels,target=/wheels \
    pip install --no-cache-dir --no-compile --no-index --find-links /wheels "leadproof${EXTRAS}" \
 && useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin leadproof \
 && install --directory --owner=leadproof --group=leadproof /runs
USER leadproof
EXPOSE 8080
# Any response of the mock will do, a refusal too: it shows that the mock is alive.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["python", "-c", "import urllib.error, urllib.request\ntry:\n    urllib.request.urlopen('http://127.0.0.1:8080/', timeout=2)\nexcept urllib.error.HTTPError:\n    pass"]
# Inside of a container loopback is of no use. Who can reach the mock is decided by what is published with -p. Other
# containers call it by a name, which has to be allowed: mock --host 0.0.0.0 --allow-remote --allow-host NAME
ENTRYPOINT ["leadproof"]
CMD ["mock", "--host", "0.0.0.0", "--allow-remote", "--port", "8080"]
