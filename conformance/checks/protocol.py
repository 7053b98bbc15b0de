"""HTTP: methods and paths that do not exist."""

from collections.abc import Iterator

from ..judging.exchange import Exchange
from ..judging.outcomes import NotApplicable, expect
from ..registry import kind
from ..target.api import Api

MANY = 50  # requests: four for each path of a large contract


def wrong_methods(api: Api) -> Iterator[tuple[frozenset[str], Exchange]]:
    """A method that each path lacks, with those that the path has. The session is a real
    one, so that no 404 hides what the path says of its methods."""
    id = api.given()
    for template, methods in api.contract.methods.items():
        for method in ("DELETE", "PUT", "PATCH", "GET"):
            # An undocumented DELETE of a whole collection is nothing to find out about.
            if method not in methods and not (method == "DELETE" and "{" not in template):
                yield methods, api.request(method, api.contract.paths.to(template, id))


@kind("method", requests=MANY)
def check_a_method_that_a_path_lacks(api: Api) -> None:
    for _, answer in wrong_methods(api):
        answer.expect_status(405, 404, 501)


@kind("allow", requests=MANY)
def check_a_405_names_the_methods(api: Api) -> None:
    judged = [pair for pair in wrong_methods(api) if pair[1].status == 405]
    if not judged:
        raise NotApplicable("the deployment answers no 405")
    for wanted, answer in judged:
        header = answer.answer_headers.get("allow", "")
        allowed = {method.strip().upper() for method in header.split(",")}
        got = f"Allow: {header}" if header else "no Allow"
        expect(wanted <= allowed, f"Allow with {', '.join(sorted(wanted))}", got)


@kind("path", "smoke", asks=lambda *_: 0)
def check_an_unknown_path(api: Api) -> None:
    known, names = api.contract.operations, api.resource.operations
    beside = known[names.get("search", names["create"])].path.rpartition("/")[0]
    for path in (f"{known[names['create']].path[:-1]}z", f"{beside}/nothing/here"):
        api.request("GET", path).expect_status(404)
