# cmsim with the libraries that it is tested with, and its compiled code:
#   docker build -t cmsim .
#   docker run --rm -v "$PWD:/work" --user "$(id -u):$(id -g)" cmsim compare usual_care small_caseload --replications 20
#   docker run --rm -it -p 127.0.0.1:8080:8080 cmsim app --host 0.0.0.0 --allow-remote --no-browser
# The app prints an address with a token: open http://localhost:8080/?token=... with what stands there after the port.
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml constraints.txt CITATION.cff LICENSE README.md ./
COPY cmsim cmsim
COPY docs docs
COPY scenarios scenarios
RUN python -m venv /opt/cmsim && /opt/cmsim/bin/pip install --no-cache-dir -c constraints.txt ".[app,sensitivity]"

FROM python:3.13-slim
COPY --from=build /opt/cmsim /opt/cmsim
RUN useradd --create-home planner && mkdir /work && chown planner /work
USER planner
WORKDIR /work
ENV HOME=/home/planner MPLCONFIGDIR=/tmp/matplotlib
# compiled once, here; on another kind of processor it is compiled again
RUN /opt/cmsim/bin/cmsim run usual_care --days 5 --replications 1 --out /tmp/first && rm -r /tmp/first
EXPOSE 8080
ENTRYPOINT ["/opt/cmsim/bin/cmsim"]
CMD ["--help"]
