# The service for production: no compiler, no embedded PostgreSQL, no shell needed, no root.
FROM python:3.13-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/vdx-policy
COPY requirements/service.txt requirements/
RUN /opt/vdx-policy/bin/pip install --no-cache-dir --require-hashes \
    --requirement requirements/service.txt
COPY pyproject.toml README.md LICENSE ./
COPY policy policy
RUN /opt/vdx-policy/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim-bookworm
COPY --from=build /opt/vdx-policy /opt/vdx-policy
# A container must listen on all addresses; the settings then want credentials.
ENV PATH=/opt/vdx-policy/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    VDX_POLICY_CONFIG=/etc/vdx-policy/vdx-policy.yaml \
    VDX_POLICY_SERVER_HOST=0.0.0.0
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["vdx-policy", "health"]
ENTRYPOINT ["vdx-policy"]
CMD ["serve"]
