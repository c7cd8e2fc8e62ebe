# One recipe, one image a role: docker build --target alarm-center|detector|gateway .
FROM python:3.13-slim AS source
WORKDIR /source
RUN python -m venv /opt/fjarrtillsyn
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY schemas schemas
COPY runtime runtime
COPY gateway gateway
COPY detector detector
COPY alarm_center alarm_center
COPY fjarrtillsyn fjarrtillsyn

# Each role has the libraries of its own extra and no others.
FROM source AS gateway-build
RUN /opt/fjarrtillsyn/bin/pip install --no-cache-dir --constraint constraints.txt '.[gateway]'

FROM source AS detector-build
RUN /opt/fjarrtillsyn/bin/pip install --no-cache-dir --constraint constraints.txt '.[detector]'

FROM source AS alarm-center-build
RUN /opt/fjarrtillsyn/bin/pip install --no-cache-dir --constraint constraints.txt '.[alarm-center]'

FROM python:3.13-slim AS role
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin fjarrtillsyn
# The folder of docker-compose.yml's broker-passwords: a new volume takes the account from here.
RUN install -d -o fjarrtillsyn /run/broker-logins
ENV PATH=/opt/fjarrtillsyn/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
ENTRYPOINT ["fjarrtillsyn"]

FROM role AS gateway
COPY --from=gateway-build /opt/fjarrtillsyn /opt/fjarrtillsyn
CMD ["gateway"]

FROM role AS detector
COPY --from=detector-build /opt/fjarrtillsyn /opt/fjarrtillsyn
CMD ["detector"]

# Also migrates: fjarrtillsyn migrate.
FROM role AS alarm-center
COPY --from=alarm-center-build /opt/fjarrtillsyn /opt/fjarrtillsyn
EXPOSE 8080
CMD ["alarm-center"]
