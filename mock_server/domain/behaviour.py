"""What the sessions of a sandbox go by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .agents import Agent
from .lifecycle import Lifecycle
from .pipeline import Pipeline


@dataclass(slots=True)
class Behaviour:
    """The agents, the contract's table of states, the finish pipeline, the open choices, and the
    further members of a session with what they are where nothing gives them."""

    agents: Mapping[str, Agent]
    lifecycle: Lifecycle
    pipeline: Pipeline
    choices: Mapping[str, str]
    members: Mapping[str, Any]
