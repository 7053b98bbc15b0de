"""A rule about several operations or members is judged by those of them that it can be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.config.settings import Config
from conformance.contract.document import Contract
from conformance.judging.outcomes import NotApplicable
from conformance.registry import all_checks
from conformance.run.run import Run
from tests.serving import TOKEN, Api


def judge(contract: Contract, id: str, operations: tuple[str, ...], *members: str) -> None:
    with Api.of() as mock:
        target = str(mock.base_url).rstrip("/")
        run = Run(Config(target=target, token=TOKEN, agent="agent-echo"), contract)
        rule = replace(contract.rules[id], operations=operations, members=members)
        all_checks(contract)[id].function(run.api("check"), rule)
        run.client.close()


@pytest.mark.parametrize(
    ("id", "operations", "member"),
    [
        ("TURN-11", ("openChat", "submitMessage"), "content"),
        ("FIN-05", ("listChats", "searchCallResults"), "agentIds"),
        ("OPEN-06", ("openChat",), "ttl_seconds"),
    ],
)
def test_what_one_part_lacks_is_judged_of_another(
    contract: Contract, id: str, operations: tuple[str, ...], member: str
) -> None:
    more = ("agent_id",) if id == "OPEN-06" else ()
    judge(contract, id, operations, *more, member)
    if operations[1:]:
        with pytest.raises(NotApplicable):
            judge(contract, id, operations[:1], member)


def test_what_is_later_is_judged_where_a_filter_is_of_that(contract: Contract) -> None:
    with pytest.raises(NotApplicable, match="later"):
        judge(contract, "LIST-10", ("listChats",), "agent_id")
