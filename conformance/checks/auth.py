"""AUTH: no operation without a key, and a refusal that changes nothing."""

from collections.abc import Callable, Iterator

from ..contract.rules import Rule
from ..judging.equivalence import expect_same
from ..judging.exchange import Exchange
from ..judging.outcomes import Blocked, NotApplicable, Violation, expect
from ..registry import kind
from ..target.api import Api
from ..target.credentials import BEARER, SWAPPED
from .listing import has, ids
from .pipeline import POLLS, Marked, ending_leaves_traces

SECOND_BEARER = "Bearer $CONFORMANCE_SECOND_TOKEN"
# Never the right key: whether a deployment takes it in another way too is its own affair.
KEYS: dict[str, tuple[str | None, ...]] = {
    "nothing": (None,),
    "no-key": ("Basic bm9ib2R5Om5vLWtleQ==", "Token no-key-0000", "Bearer", "no-key-0000"),
    "wrong-key": ("Bearer wrong-key-0000", "Bearer $CONFORMANCE_TOKENx"),
}


def each_operation(
    api: Api, id: str, auth: str | None, *, secured: bool = True
) -> Iterator[Exchange]:
    """Every operation that wants a key, or none, with these credentials, the harmless first."""
    calls: dict[str, Callable[[], Exchange]] = {
        "list": lambda: api.list(auth=auth),
        "read": lambda: api.get(id, auth=auth),
        "search": lambda: api.search(auth=auth, **{api.resource.searched.size: 1}),
        "submit": lambda: api.submit(id, "Hello", auth=auth),
        "end": lambda: api.end(id, auth=auth),
        "create": lambda: api.open(auth=auth),
    }
    names = api.resource.operations
    known = [role for role in calls if role in names]
    found = [role for role in known if api.contract.secured(names[role]) == secured]
    if secured and not found:
        raise NotApplicable("the contract wants no key")
    for role in found:
        yield calls[role]()
        if role == "read" and auth != BEARER:
            yield api.get(api.unknown_id(), auth=auth)


def is_mixed(key: str) -> bool:
    """Whether case must count: a key of one case may be a number in base 16 or 32."""
    return key.isascii() and key not in (key.lower(), key.upper())


@kind("unauthorized", "smoke", sessions=7, turns=5, first=lambda _, rule: rule.sent == "nothing")
def check_no_operation_is_open(api: Api, rule: Rule) -> None:
    """Every operation that lets one of these through is named in one violation. With the right
    key each must be taken, so that a 401 is the key's doing."""
    keys = [*KEYS[rule.sent]]
    if rule.sent == "wrong-key" and is_mixed(api.config.token or ""):
        keys.append(f"Bearer {SWAPPED}")
    id = api.given()
    if None in keys:
        open = each_operation(api, id, None, secured=False)
        refused = [str(answer.operation) for answer in open if answer.status == 401]
        expect(not refused, "no 401 where no key is wanted", f"401 from {', '.join(refused)}")
    for auth in keys:
        answers = list(each_operation(api, id, auth))
        through = [f"{a.operation}: {a.status}" for a in answers if a.status != 401]
        if any(answer.status >= 500 for answer in answers):
            raise api.blocked("a server error came in the place of a refusal", "no-failure")
        if through:
            raise Violation("401 from every operation", ", ".join(through))
    # On another session: a refusal may have changed this one, see AUTH-05.
    for answer in each_operation(api, api.given(), BEARER):
        answer.control()


@kind("challenged", sessions=2, turns=1)
def check_a_401_names_its_scheme(api: Api) -> None:
    refused = [a for a in each_operation(api, api.given(), None) if a.status == 401]
    if not refused:
        raise api.blocked("no operation answers 401", "unauthorized", sent="nothing")
    silent = [str(a.operation) for a in refused if not a.answer_headers.get("www-authenticate")]
    expect(not silent, "WWW-Authenticate on every 401", f"none from {', '.join(silent)}")


@kind("harmless", sessions=3, turns=2)
def check_a_401_changes_nothing(api: Api) -> None:
    writing = (api.resource.operations[role] for role in ("submit", "end", "create"))
    if not all(map(api.contract.secured, writing)):
        raise NotApplicable("the contract wants no key for what would change something")
    id = api.given()
    before = api.still(id)
    for auth, sent in ((None, "nothing"), (KEYS["wrong-key"][0], "wrong-key")):
        if auth and "token" not in api.config.capabilities:
            continue  # the target may take any key
        for answer in (api.submit(id, auth=auth), api.end(id, auth=auth), api.open(auth=auth)):
            if answer.status != 401:
                why = f"{answer.operation} is answered {answer.status}"
                raise api.blocked(why, "unauthorized", sent=sent)
        expect_same(api.resource, before, api.get(id).session)
        count = len(api.listed())
        expect(count == 1, "one session in the channel", f"{count}")


@kind("foreign", sessions=2, turns=2, requests=POLLS)
def check_another_organisation_sees_nothing(api: Api) -> None:
    if not all(map(api.contract.secured, api.contract.operations)):
        raise NotApplicable("the contract does not want a key for every operation")
    id = api.given()
    api.get(id).control()
    if not api.listed():
        raise api.blocked("the first key does not list its session either", "listed", sent="")
    if not api.list(auth=SECOND_BEARER, limit=1).ok:
        raise Blocked("the second key is not accepted: check CONFORMANCE_SECOND_TOKEN")
    for answer in (
        api.get(id, auth=SECOND_BEARER),
        api.submit(id, auth=SECOND_BEARER),
        api.end(id, auth=SECOND_BEARER),
    ):
        answer.expect_status(404, 403)
    page = api.list(auth=SECOND_BEARER, channel=api.channel).page
    items, total = page[api.resource.items], page[api.resource.total]
    if api.resource.channel:
        expect(not items and total == 0, "an empty list, none in all", f"{len(items)} of {total}")
    expect(not has(api, items, id), f"a list without {id}", ids(api, items))
    for answer in (api.submit(id), api.end(id)):
        answer.control()
    if api.resource.searched.items and api.resource.left.data and ending_leaves_traces(api):
        expect_no_result_of_another(api)


def expect_no_result_of_another(api: Api) -> None:
    """What another organisation finds by the marker of a session, once that is a call result."""
    session = Marked(api)
    session.end()
    if not session.awaited():
        return  # see FIN-01
    found = api.search(auth=SECOND_BEARER, **session.by_marker)
    rows = found.results[api.resource.searched.items]
    expect(not any(map(session.owns, rows)), "no call result of another", "there is one")
