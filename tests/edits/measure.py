"""Measures an edit: lint, mock and suite, with servers of the new truth and of the old."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from traceback import extract_tb
from typing import Any

import httpx

from conformance.cli.lint import problems
from conformance.config.settings import FIXTURE_AGENTS, Config, UsageError
from conformance.contract.document import Contract
from conformance.contract.source import ContractError
from conformance.run.execute import execute
from conformance.run.run import Run as SuiteRun
from conformance.target.listener import Listener
from mock_server.contract.document import load_contract
from mock_server.contract.source import FixtureError
from tests.contracts.edits import edited
from tests.kill_matrix.serve import FAITHFUL
from tests.kill_matrix.target import serving
from tests.serving import receiving
from tests.targets.__main__ import AGENTS, KEYS
from tests.targets.process import running

from .edit import EDITS, Client, Edit
from .sight import Run, Sight

PROMPT = ("--webhook-timeout", "1", "--webhook-backoff", "0.2")  # seconds
OUR_AGENTS = {name: FIXTURE_AGENTS[name] for name in AGENTS}


@dataclass(frozen=True)
class Target:
    """A server that is judged: what it is called, where it is, and what a run is told of it."""

    server: str
    url: str
    told: dict[str, Any]


def measure(name: str, *, fast: bool = False, whole: bool = False) -> Sight:
    """See how an edit is taken. Whatever happens, it is told. `fast` judges who obeys by the pack
    smoke alone, `whole` who does not by every rule of the edit's packs."""
    begun = time.monotonic()
    edit = replace(EDITS[name], profile=("smoke",)) if fast else EDITS[name]
    try:
        sight = _seen(edit, whole)
    except Exception as error:
        sight = Sight(name, crash=told(error))
    return replace(sight, seconds=time.monotonic() - begun)


def _seen(edit: Edit, whole: bool) -> Sight:
    with TemporaryDirectory() as folder:
        path = edited(edit.entry, Path(folder)).path
        lint, mock, suite = (
            said.replace(f"{folder}/", "") for said in (_lint(path), _mock(path), _suite(path))
        )
        if lint or mock or suite:
            return Sight(edit.name, lint, mock, suite)
        contract = Contract(path)
        old = _disobedient(edit, contract, whole) if edit.blames else None
        return Sight(
            edit.name,
            unlived=_unlived(edit, path),
            obedient=_obedient(edit, contract, path),
            disobedient=old,
        )


def _lint(path: Path) -> str:
    return next(iter(problems(path)), "")


def _mock(path: Path) -> str:
    """Why the mock does not start."""
    try:
        load_contract(path)
    except FixtureError as error:
        return str(error)
    return ""


def _suite(path: Path) -> str:
    """Why the suite does not judge."""
    try:
        Contract(path)
    except ContractError as error:
        return str(error)
    return ""


def _unlived(edit: Edit, path: Path) -> str:
    """What the mock of the edited contract does otherwise."""
    with receiving() as hook, _mock_of(path, hook.url) as target:
        headers = {"Authorization": f"Bearer {target.told['token']}"}
        with Client.at(target.url, **headers) as api:
            api.hook = hook
            try:
                edit.lived(api)
            except (AssertionError, httpx.HTTPError, KeyError, ValueError) as error:
                return told(error)
    return ""


def _obedient(edit: Edit, contract: Contract, path: Path) -> Run:
    """The suite's word on who lives by the edited contract: the second server, or the mock."""
    with _listening(edit) as listener:
        hook = listener.url if listener else None
        served = _mock_of(path, hook) if edit.second is None else _second(edit, hook)
        with served as target:
            target = replace(target, url=target.url + edit.base)
            return _judged(contract, target, edit.profile, listener)


def _disobedient(edit: Edit, contract: Contract, whole: bool) -> Run:
    """The suite's word on who lives by what was there before, or by what another edit says."""
    with ExitStack() as stack:
        listener = stack.enter_context(_listening(edit))
        hook = listener.url if listener else None
        path = None
        if edit.old:
            folder = Path(stack.enter_context(TemporaryDirectory()))
            path = edited(EDITS[edit.old].entry, folder).path
        target = stack.enter_context(_mock_of(path, hook, edit.old_choices))
        target = replace(target, server="who lives by the old truth")
        if whole:
            return _judged(contract, target, edit.profile, listener)
        return _judged(contract, target, (*edit.profile, "core"), listener, edit.blames)


@contextmanager
def _listening(edit: Edit) -> Iterator[Listener | None]:
    """Where webhooks are received, for the packs that need it."""
    if "webhooks" not in edit.profile:
        yield None
        return
    listener = Listener("127.0.0.1:0")
    try:
        yield listener
    finally:
        listener.close()


@contextmanager
def _mock_of(
    path: Path | None, hook: str | None, choices: tuple[str, ...] = ()
) -> Iterator[Target]:
    options = ["--contract", str(path)] if path else []
    options += [word for choice in choices for word in ("--choice", choice)]
    options += ["--webhook-url", hook, *PROMPT] if hook else []
    with serving(FAITHFUL, *options) as mock:
        yield Target("the mock", mock.url, {"token": mock.token, **OUR_AGENTS})


@contextmanager
def _second(edit: Edit, hook: str | None) -> Iterator[Target]:
    options = ["--token", KEYS["token"], "--second-token", KEYS["second_token"]]
    for choice in ("results_delay=0", *edit.choices):
        options += ["--choice", choice]
    for truth in edit.second or ():
        options += ["--truth", truth]
    options += ["--webhook-url", hook] if hook else []
    with running("tests.targets.starlette_chats", *options) as url:
        yield Target("the second server", url, {**KEYS, **AGENTS})


def _judged(
    contract: Contract,
    target: Target,
    profile: tuple[str, ...],
    listener: Listener | None,
    rules: tuple[str, ...] = (),
) -> Run:
    """What a run of these packs says, or of these rules alone."""
    config = Config(
        **target.told,
        target=target.url,
        profile=profile,
        rules=rules,
        repeats=0,
        index_wait=3.0,
        max_seconds=180.0,
        webhook_listen=listener.address if listener else None,
        webhook_wait=20.0,
    )
    try:
        run = SuiteRun(config, contract, listener=listener)
        execute(run)
    except UsageError as error:
        return Run(target.server, blocked=str(error))
    outcomes = run.evidence.outcomes
    crash = [f"{id}: {why}" for id, (outcome, why) in outcomes.items() if outcome == "error"]
    broken = {id: why for id, (outcome, why) in outcomes.items() if outcome in ("fail", "warn")}
    if run.fault:
        crash.append(run.fault)
    return Run(target.server, broken, run.cause or _unjudged(contract, run), "; ".join(crash))


def _unjudged(contract: Contract, run: SuiteRun) -> str:
    """The rules that could not be judged and had to be."""
    outcomes = run.evidence.outcomes
    unrun = {id: why for id, (outcome, why) in outcomes.items() if outcome == "not-run"}
    musts = {id: why for id, why in unrun.items() if contract.rules[id].level == "MUST"}
    return "; ".join(f"{id} was not run: {why}" for id, why in musts.items())


def told(error: Exception) -> str:
    """What a failed expectation was, or what else went wrong, in one line."""
    last = extract_tb(error.__traceback__)[-1]
    if isinstance(error, AssertionError):
        return " ".join(filter(None, [str(last.line), str(error)]))
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
