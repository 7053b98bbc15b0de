"""Where generated requests come from: Schemathesis on the contract file, in four phases.

Examples and boundary cases come in a fixed order, the others from a seed; nothing is kept
between two runs. Each case is given to a callback, which sends and judges it and never
raises, so every case runs and nothing is shrunk.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import hypothesis
import schemathesis
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import Flaky, Unsatisfiable
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import Case, GenerationMode, Response

from ..config.files import cache_directory
from ..contract.document import Contract
from ..contract.operations import Operation
from ..contract.pointer import resolved
from ..judging.exchange import Json
from .machine import quiet_settings

# Cases for each operation, by whether they mean to fit the contract.
FUZZED = {GenerationMode.POSITIVE: 12, GenerationMode.NEGATIVE: 8}
SCENARIOS = 12
UNLISTED = "x_unlisted"
STEPS = 6  # requests at most in a scenario
SEEDS = 5  # that are tried where a target answers the same in two ways

Visit = Callable[[Case[Any]], Response | None]


@contextmanager
def quiet_hypothesis() -> Iterator[None]:
    """Keep Hypothesis' tables of characters, which take seconds to make, in the user's cache
    and not in the working directory."""
    set_hypothesis_home_dir(cache_directory() / "hypothesis")
    try:
        yield
    finally:
        set_hypothesis_home_dir(None)


def boundary_cases(contract: Contract, seed: int, visit: Visit) -> None:
    """The contract's examples, then each schema's boundaries and their neighbours."""
    schema = _load(contract.spec, seed)
    for operation in _operations(schema):
        for strategy in operation.get_strategies_from_examples():
            _run(strategy, visit, seed, 1)
        settings = schema.config.generation_for(operation=operation, phase="coverage")
        for case in schema.iter_coverage_cases(
            operation, generation_modes=list(GenerationMode), generation_config=settings
        ):
            visit(case)


def fuzzed_cases(contract: Contract, seed: int, visit: Visit) -> None:
    """Random values that fit the contract, then some that mean to break it."""
    closed = _closed(contract.spec)
    for mode, spec in zip(FUZZED, (closed, contract.spec), strict=True):
        for operation in _operations(_load(spec, seed)):
            with suppress(Unsatisfiable):  # not every schema can be broken
                _run(operation.as_strategy(generation_mode=mode), visit, seed, FUZZED[mode])


def scenarios(contract: Contract, seed: int, start: Callable[[], None], visit: Visit) -> None:
    """Sequences of requests along the contract's links; `start` is called before each.

    What follows a request is drawn by what it was answered with. Where a target answers the
    same sequence in two ways Hypothesis gives up, and the rest comes from another seed.
    """
    schema = _load(
        _opaque(
            _closed(contract.spec), contract.operations[contract.resource.operations["create"]]
        ),
        seed,
    )
    begun = 0

    class Walk(schema.as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            nonlocal begun
            begun += 1
            start()

        def call(self, case: Case[Any], **_: Any) -> Response:
            return visit(case) or hypothesis.reject()

        def validate_response(self, *_: Any, **__: Any) -> None:
            """The callback has judged it."""

    for number in range(SEEDS):
        hypothesis.seed(f"{seed} {number}")(Walk)
        settings = _settings(max(1, SCENARIOS - begun), stateful_step_count=STEPS)
        try:
            run_state_machine_as_test(Walk, settings=settings)
        except Flaky:
            continue
        except Unsatisfiable:
            pass
        return


def _run(strategy: Any, visit: Visit, seed: int, count: int) -> None:
    def each(case: Case[Any]) -> None:
        visit(case)

    hypothesis.seed(seed)(_settings(count)(hypothesis.given(case=strategy)(each)))()


def _settings(count: int, **more: Any) -> hypothesis.settings:
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    return quiet_settings(max_examples=count, phases=phases, **more)


def _load(spec: Json, seed: int) -> Any:
    """A schema of its own for each phase, since Schemathesis hands out shared containers."""
    config = schemathesis.Config.from_dict(
        {
            "seed": seed,
            "suppress-health-check": ["all"],
            "cache": {"enabled": False},
            "generation": {
                "mode": "positive",
                "database": "none",
                "no-shrink": True,
                "with-security-parameters": False,
                "allow-extra-parameters": False,
            },
            "phases": {
                "coverage": {"unexpected-methods": []},
                "stateful": {"inference": {"algorithms": []}},
            },
        }
    )
    return schemathesis.openapi.from_dict(copy.deepcopy(spec), config=config)


def _operations(schema: Any) -> list[Any]:
    return [found.ok() for found in schema.get_all_operations()]


def _closed(spec: Json) -> Json:
    """Request bodies with one stand-in for unlisted members, of which random ones would
    crowd out the others."""
    spec = copy.deepcopy(spec)
    for item in spec["paths"].values():
        for content in (_json_body(operation) for operation in item.values()):
            if "schema" in content:
                schema = resolved(spec, content["schema"])
                schema["additionalProperties"] = False
                schema["properties"][UNLISTED] = {"type": "boolean"}
    return spec


def _opaque(spec: Json, operation: Operation) -> Json:
    """The operation with a body of no members, to be filled by the callback: members that look
    like references to other resources keep Schemathesis from starting a scenario there."""
    spec = copy.deepcopy(spec)
    item = spec["paths"][operation.path]
    _json_body(item[operation.method.lower()])["schema"] = {"type": "object"}
    return spec


def _json_body(operation: Any) -> Json:
    """The JSON of an operation's request, empty where it has none."""
    body = operation.get("requestBody", {}) if isinstance(operation, dict) else {}
    found: Json = body.get("content", {}).get("application/json", {})
    return found
