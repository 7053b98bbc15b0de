"""x-rules: what a deployment is judged by."""

from __future__ import annotations

from typing import Any

from ..edit import Client, edit
from ..places import RULES

OWN = {
    "id": "OWN-01",
    "level": "SHOULD",
    "evidence": "project",
    "source": "end",
    "operations": ["endChat"],
    "text": "A second end moves nothing.",
}


def served(api: Client) -> None:
    """The mock is not concerned: it serves as ever."""
    assert api.ended()["is_final"] is True


def own(**members: Any) -> dict[str, Any]:
    return {"/x-rules": {**OWN, **members}}


@edit(
    "A rule is weaker: LIST-15 is a SHOULD",
    {f"{RULES['LIST-15']}/level": "SHOULD"},
    old="pages-of-50",
    blames="LIST-15",
    second="",
)
def rule_weaker(api: Client) -> None:
    served(api)


@edit(
    "A rule is not judged any more",
    {f"{RULES['LIST-15']}/unchecked": "we have pages of our own"},
    second="take_default=50",
)
def rule_unchecked(api: Client) -> None:
    served(api)


@edit("A rule is gone", drop=[RULES["LIST-15"]], second="take_default=50")
def rule_removed(api: Client) -> None:
    served(api)


@edit(
    "A rule is said in other words",
    {f"{RULES['END-01']}/text": "Whoever ends a session is told so."},
    second="",
)
def rule_in_other_words(api: Client) -> None:
    served(api)


@edit(
    "A rule of one's own, of a kind",
    add=own(kind="unchanged", given="final", when="end", members=["last_activity"]),
    second="",
    old="second-end-refused",
    blames="END-02",
)
def rule_of_ones_own(api: Client) -> None:
    served(api)


@edit("A rule of one's own that nothing judges", add=own())
def rule_without_a_check(api: Client) -> None:
    served(api)


@edit(
    "A rule of one's own that says why it is not judged",
    add=own(unchecked="nobody can see it"),
    second="",
)
def rule_that_says_why_not(api: Client) -> None:
    served(api)


@edit("A rule of a kind that there is not", add=own(kind="sorted"))
def unknown_kind(api: Client) -> None:
    served(api)


@edit(
    "A rule about a state that there is not", add=own(kind="unchanged", given="paused", when="end")
)
def rule_of_an_unknown_state(api: Client) -> None:
    served(api)


@edit("A rule needs what no option gives", {f"{RULES['END-01']}/needs": ["beta"]})
def unknown_need(api: Client) -> None:
    served(api)


@edit("A taste that is a MUST", {f"{RULES['ERR-01']}/level": "MUST"})
def taste_as_must(api: Client) -> None:
    served(api)


@edit("Two rules have one id", add=own(id="END-01", kind="unchanged", given="final", when="end"))
def rule_twice(api: Client) -> None:
    served(api)


@edit("A rule has no source", {f"{RULES['END-01']}/source": "hearsay"})
def unknown_source(api: Client) -> None:
    served(api)


@edit(
    "A rule about an operation that there is not", {f"{RULES['END-01']}/operations": ["closeChat"]}
)
def rule_of_an_unknown_operation(api: Client) -> None:
    served(api)


@edit(
    "A rule about a member that sessions do not have",
    add=own(kind="unchanged", given="final", when="end", members=["mood"]),
)
def rule_of_an_unknown_member(api: Client) -> None:
    served(api)
