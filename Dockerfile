# One recipe, one image a role: docker build --target alarm-center|detector|gateway .
FROM python:3.13-slim AS build
WORKDIR /source
RUN python -m venv /opt/fjarrtillsyn
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY schemas schemas
COPY gateway gateway
COPY detector detector
COPY alarm_center alarm_center
COPY fjarrtillsyn fjarrtillsyn
RUN /opt/fjarrtillsyn/bin/pip install --no-cache-dir --constraint constraints.txt .

FROM python:3.13-slim AS role
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin fjarrtillsyn
COPY --from=build /opt/fjarrtillsyn /opt/fjarrtillsyn
ENV PATH=/opt/fjarrtillsyn/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
ENTRYPOINT ["fjarrtillsyn"]

FROM role AS gateway
CMD ["gateway"]

FROM role AS detector
CMD ["detector"]

# Also migrates: fjarrtillsyn migrate.
FROM role AS alarm-center
EXPOSE 8080
CMD ["alarm-center"]
