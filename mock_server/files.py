"""The files that a mock is made from: the contract, the agents, the seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .contract.document import Contract, load_contract
from .contract.fixtures import load_fixture
from .contract.locations import resource
from .contract.source import FixtureError
from .domain.agents import NOBODY, Agent, load_agents
from .sandbox.seeds import NO_AGENTS, check_seed
from .settings import Settings


@dataclass(frozen=True, slots=True)
class Files:
    """What the files hold."""

    contract: Contract
    agents: Mapping[str, Agent]
    seed: Mapping[str, Any]


def paths(settings: Settings) -> list[Path]:
    own = [
        settings.contract or resource("openapi.yaml"),
        settings.agents or resource("fixtures/agents.yaml"),
    ]
    return [*own, settings.seed] if settings.seed else own


def read_files(settings: Settings) -> Files:
    """Read and check all of them. Raises FixtureError, with file and place, for a bad one."""
    contract, fixture, *seeds = paths(settings)
    seed, served = load_fixture(seeds[0]) if seeds else {}, load_contract(contract)
    if served.resource.replies:
        agents = {**load_agents(load_fixture(fixture)), **load_agents(seed)}
    elif settings.agents or "agents" in seed:
        raise FixtureError(settings.agents or seeds[0], NO_AGENTS, "/agents")
    else:
        agents = {NOBODY.id: NOBODY}
    if settings.webhook_url and served.webhook is None:
        raise FixtureError(
            served.path, "wanted a webhook, for --webhook-url, got none", "/x-webhooks"
        )
    if seeds and (fault := check_seed(seed, agents, served)):
        raise FixtureError(seeds[0], fault[1], fault[0])
    return Files(served, agents, seed)
