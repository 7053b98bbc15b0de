"""A changed contract changes the verdict: who obeys it is conformant, who obeys the old one not."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.config.settings import FIXTURE_AGENTS, Config
from conformance.contract.document import Contract
from conformance.run.execute import execute
from conformance.run.run import Run
from conformance.target.listener import Listener
from mock_server.domain.chats import Chats
from mock_server.domain.session import Session
from mock_server.problems.kinds import Refusal
from tests.sampling import every
from tests.serving import TOKEN, Api

from .edits import WHOLE, Entry, edited, entries
from .renamed import renamed
from .test_own_states import cancelling, pausing, waiting

AGENTS: dict[str, Any] = {
    name: FIXTURE_AGENTS[name]
    for name in ("agent", "closing_agent", "closing_text", "disabled_agent")
}
JUDGED = [
    *(entry for entry in entries("sound.yaml") if "blames" in entry),
    {"name": "a pause", "set": pausing(), "blames": ["LIFE-14"]},
    {"name": "a cancel", "set": cancelling(), "blames": ["LIFE-14"]},
    {"name": "a state after a turn", "set": waiting(), "blames": ["LIFE-14"]},
]


@pytest.mark.parametrize(
    "entry", every(27, JUDGED, slow=3), ids=lambda entry: entry["name"].replace(" ", "-")
)
def test_a_changed_contract_changes_the_verdict(entry: Entry, tmp_path: Path) -> None:
    path = edited(entry, tmp_path).path
    contract, rules = Contract(path), tuple(entry["blames"])
    with Api.of(contract=path) as obedient:
        assert broken(contract, obedient) == []
        assert broken(contract, obedient, rules) == []
    with Api.of() as of_old:
        assert broken(contract, of_old, rules) == [*rules]


@pytest.mark.slow
def test_a_contract_of_other_names_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(json.dumps(renamed(json.loads(WHOLE))), encoding="utf-8")
    contract = Contract(path)
    with Api.of(contract=path) as obedient:
        assert broken(contract, obedient, profile="core") == []
    outcomes = announced(path)
    assert {outcomes[id][0] for id in outcomes if id.startswith("HOOK")} == {"pass"}


def test_an_unknown_id_of_an_operation_of_the_owners_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = {"level": "SHOULD", "evidence": "project", "source": "contract"}
    acts = {**ids, "operations": ["pauseChat", "resumeChat"], "text": "It is refused."}
    kinds = {"OWN-01": "unknown", "OWN-02": "malformed"}
    rules = [{"id": id, "kind": kind, **acts} for id, kind in kinds.items()]
    ruled = {"/x-rules": [*json.loads(WHOLE)["x-rules"], *rules]}
    path = edited({"name": "ids", "set": pausing() | ruled}, tmp_path).path
    contract = Contract(path)
    with Api.of(contract=path) as obedient:
        assert broken(contract, obedient, (*kinds,)) == []

    async def found(chats: Chats, session_id: str, event: str) -> Session:
        try:
            return await act(chats, session_id, event)
        except Refusal:
            return (await chats.open({"agent_id": "agent-echo"}))[0]

    act = Chats.act
    monkeypatch.setattr(Chats, "act", found)
    with Api.of(contract=path) as careless:
        assert broken(contract, careless, (*kinds,)) == ["OWN-01"]


def announced(path: Path, rules: tuple[str, ...] = ()) -> dict[str, tuple[str, str]]:
    """What a run of the webhooks, or of these rules, finds in a mock of a contract."""
    with (
        closing(Listener("127.0.0.1:0")) as listener,
        Api.of(
            contract=path,
            webhook_url=listener.url,
            webhook_backoff=0.2,
            webhook_timeout=1.0,
        ) as api,
    ):
        plain = run_of(Contract(path), api)
        told: dict[str, Any] = {"webhook_listen": listener.address, "webhook_wait": 10.0}
        config = replace(plain.config, profile=("webhooks",), rules=rules, **told)
        run = Run(config, plain.contract, embedded=True, listener=listener)
        execute(run)
    return {**run.evidence.outcomes}


def broken(
    contract: Contract, api: Api, rules: tuple[str, ...] = (), profile: str = "smoke"
) -> list[str]:
    """The rules that a run finds broken: of this profile, or these."""
    run = run_of(contract, api, rules, profile)
    execute(run)
    assert (run.cause, run.fault) == ("", "")
    outcomes = {id: run.evidence.outcomes[id] for id in rules or contract.rules}
    assert not {id: end for id, end in outcomes.items() if end[0] in ("not-run", "error")}
    return [id for id, (outcome, _) in outcomes.items() if outcome in ("fail", "warn")]


def run_of(contract: Contract, api: Api, rules: tuple[str, ...] = (), profile: str = "core") -> Run:
    """A run of this profile, or of these rules, that is yet to begin."""
    config = replace(
        Config(target=str(api.base_url).rstrip("/"), token=TOKEN, repeats=0, rules=rules),
        profile=("core",) if rules else (profile,),
        **AGENTS,
    )
    return Run(config, contract, embedded=True)
