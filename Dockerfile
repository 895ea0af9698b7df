# Two images: `serve`, the HTTP service and its page alone, and `full`, everything that `sectorcast up` starts.
#   docker build --target serve -t sectorcast-serve .
#   docker build --target full -t sectorcast .
FROM python:3.11-slim-bookworm AS python
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 \
    SECTORCAST_HOME=/data PATH=/opt/sectorcast/bin:$PATH

FROM python AS build-full
WORKDIR /source
RUN python -m venv /opt/sectorcast
COPY requirements/run.txt requirements/run.txt
RUN pip install --require-hashes --only-binary :all: -r requirements/run.txt
COPY pyproject.toml README.md ./
COPY forecaster forecaster
COPY api api
COPY experiments experiments
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . && pip install --no-deps /wheels/*.whl

FROM python AS build-serve
WORKDIR /source
RUN python -m venv /opt/sectorcast
COPY requirements/serve.txt requirements/serve.txt
RUN pip install --require-hashes --only-binary :all: -r requirements/serve.txt
COPY --from=build-full /wheels /wheels
RUN pip install --no-deps /wheels/*.whl

FROM python AS base
RUN useradd --create-home --uid 10001 sectorcast && install -d -o sectorcast -g sectorcast -m 0700 /data
USER 10001
WORKDIR /home/sectorcast
VOLUME /data

FROM base AS serve
COPY --from=build-serve /opt/sectorcast /opt/sectorcast
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ.get(\"SECTORCAST_PORT\", \"8000\")}/healthz', timeout=2)"]
CMD ["sectorcast", "serve"]

FROM base AS full
COPY --from=build-full /opt/sectorcast /opt/sectorcast
CMD ["sectorcast", "up"]
