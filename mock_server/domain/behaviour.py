"""What the sessions of a sandbox go by."""

from collections.abc import Mapping
from dataclasses import dataclass

from .agents import Agent
from .lifecycle import Lifecycle
from .pipeline import Pipeline
from .resource import Resource


@dataclass(slots=True)
class Behaviour:
    """The agents, the contract's table of states and its resource, the finish pipeline, and the
    open choices."""

    agents: Mapping[str, Agent]
    lifecycle: Lifecycle
    pipeline: Pipeline
    choices: Mapping[str, str]
    resource: Resource
