# The page over a shared history, for compose.yaml: models are served and judged by boxes, not in here.
FROM python:3.12-slim
WORKDIR /bench_runner
COPY . .
RUN python -m pip install --no-cache-dir --require-hashes -r requirements.lock \
    && python -m pip install --no-cache-dir --require-hashes -r locks/postgres.lock \
    && python -m pip install --no-cache-dir --no-deps --no-build-isolation --editable .
ENTRYPOINT ["python", "bench_runner.py"]
