"""HTTP: bodies that are none, methods and paths that do not exist, and what never fails."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ..judging.exchange import Exchange
from ..judging.outcomes import NotApplicable, expect
from ..registry import rule
from ..target.api import Api

ODD_IDS = (
    "..%2F..%2Fetc%2Fpasswd",
    "%00",
    "3f0c9f4e-6a51-4d0b-9e58-1f7a6c2d8b10%00",
    "%3Cscript%3E",
    "%27%20OR%20%271%27%3D%271",
    "a" * 2000,
)


def wrong_methods(api: Api) -> Iterator[tuple[frozenset[str], Exchange]]:
    """A method that each path lacks, with those that the path has. The session is a real
    one, so that no 404 hides what the path says of its methods."""
    id = api.given()
    for template, methods in api.contract.methods.items():
        for method in ("DELETE", "PUT", "PATCH", "GET"):
            # An undocumented DELETE of a whole collection is nothing to find out about.
            if method not in methods and not (method == "DELETE" and "{" not in template):
                yield methods, api.request(method, api.contract.paths.to(template, id))


@rule("HTTP-08", requests=20)
def check_a_method_that_a_path_lacks(api: Api) -> None:
    for _, answer in wrong_methods(api):
        answer.expect_status(405, 404, 501)


@rule("HTTP-09", requests=20)
def check_a_405_names_the_methods(api: Api) -> None:
    judged = [pair for pair in wrong_methods(api) if pair[1].status == 405]
    if not judged:
        raise NotApplicable("the deployment answers no 405")
    for wanted, answer in judged:
        header = answer.answer_headers.get("allow", "")
        allowed = {method.strip().upper() for method in header.split(",")}
        got = f"Allow: {header}" if header else "no Allow"
        expect(wanted <= allowed, f"Allow with {', '.join(sorted(wanted))}", got)


@rule("HTTP-10", "smoke", reads=True)
def check_an_unknown_path(api: Api) -> None:
    known, names = api.contract.operations, api.resource.operations
    beside = known[names.get("search", names["create"])].path.rpartition("/")[0]
    for path in (f"{known[names['create']].path[:-1]}z", f"{beside}/nothing/here"):
        api.request("GET", path).expect_status(404)


@rule("HTTP-15")
def check_private_data_is_not_for_shared_caches(api: Api) -> None:
    for answer in (api.get(api.given()), api.list(channel=api.channel)):
        policy = answer.answer_headers.get("cache-control", "")
        words = {word.split("=")[0].strip().lower() for word in policy.split(",")}
        inviting = sorted(words & {"public", "s-maxage"})
        expect(not inviting, "neither public nor s-maxage", f"Cache-Control: {policy}")


@rule("HTTP-16")
def check_an_odd_id_is_refused(api: Api) -> None:
    api.get(api.given()).control()
    for id in ODD_IDS:
        # As plain requests: what stands before the API may refuse them in its own way. Only
        # reading ones: who knows what an id that reaches a query would end.
        path = api.contract.paths.to(
            api.contract.operations[api.resource.operations["read"]].path, id
        )
        api.request("GET", path).expect_refusal()


@rule("HTTP-18", sessions=2)
def check_a_member_named_twice(api: Api) -> str:
    api.given()
    create = api.resource.operations["create"]
    whole = api.contract.filled(create, api.text(), api.plain())
    twice = next(iter(whole), "twice")
    whole.setdefault(twice, "nobody")
    answer = api.send(create, content=f'{{"{twice}": "nobody", {json.dumps(whole)[1:]}'.encode())
    return f"a member named twice is answered {answer.status}"
