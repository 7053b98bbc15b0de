"""What the sessions of a sandbox go by."""

from collections.abc import Mapping
from dataclasses import dataclass

from .agents import Agent
from .lifecycle import Lifecycle
from .pipeline import Pipeline


@dataclass(slots=True)
class Behaviour:
    """The agents, the contract's table of states, the finish pipeline and the open choices."""

    agents: Mapping[str, Agent]
    lifecycle: Lifecycle
    pipeline: Pipeline
    choices: Mapping[str, str]
