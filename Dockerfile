# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml requirements.lock README.md LICENSE CHANGELOG.md openapi.yaml contract.schema.json ./
COPY adjourn adjourn
COPY mock_server mock_server
COPY conformance conformance
COPY fixtures fixtures
RUN python -m venv /opt/adjourn \
 && /opt/adjourn/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
 && /opt/adjourn/bin/pip install --no-cache-dir --no-deps .

FROM python:3.13-slim
LABEL org.opencontainers.image.title="adjourn" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.description="A stateful mock of the Chats API and a conformance suite for it" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/adjourn /opt/adjourn
ENV PATH=/opt/adjourn/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0 PORT=4010
RUN install -d -o 10001 -g 10001 /data
USER 10001:10001
VOLUME /data
EXPOSE 4010
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["adjourn-mock", "healthcheck"]
ENTRYPOINT ["adjourn-mock"]
