"""Asks the target, before anything is judged, whether it can be judged at all.

UsageError where the caller has to mend something, Blocked where the target has.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import suppress
from urllib.parse import urlsplit

import httpx

from ..config.settings import UsageError
from ..contract.parts import server_urls
from ..judging.exchange import Exchange
from ..judging.outcomes import Blocked, Hiccup, NotYet, shown
from ..target.api import Api
from ..target.circuit import GATEWAY_ERRORS
from ..target.diagnosis import Way, diagnosis, speaks_tls, with_scheme
from ..target.retry import Unanswered

PAUSE = 0.5  # seconds between two looks at a target that starts
REFUSED = (401, 403)
NOT_FOUND = (404, 405)
ELSEWHERE = (402, 407, 410, 421, 426)  # of gateways, and of programs at another place
BAD_REQUEST = 400  # what servers of TLS say of plain HTTP, in HTTP
CHECK = "check the path of --target"
AGENTS = ("agent", "tool_agent", "closing_agent", "disabled_agent")


def preflight(
    api: Api, needs: Collection[str] = (), say: Callable[[str], None] = lambda _: None
) -> None:
    """Refuse to judge what cannot be reached, is another program, or does not know the suite
    and the agents that the checks need. Says what is well.

    Nothing is evidence until it is over: a gateway's answers may have come between.
    """
    api.client.recorder.judging = False
    looking = api.fresh()
    looking.judged = False
    answer = _ready(looking)
    if _is_odd(answer) and _is_list(answer):
        _expect_steady(answer, looking.list(limit=1))
    _expect_no_redirect(api, answer)
    _expect_this_api(looking, answer)
    say(f"preflight the API answers at {api.client.base} ({answer.status})")
    _expect_key(looking, answer)
    api.client.health.begin(looking.look, looking.get)
    with suppress(Hiccup):
        again = api.list(limit=1)
        if _is_list(answer):
            _expect_steady(answer, again)
    _try_wrong_key(api, say)
    if not api.resource.replies:
        say("preflight the contract has no agents; options that name some are not used")
    elif not api.config.read_only:
        named = {name: getattr(api.config, name) for name in AGENTS if name in {"agent", *needs}}
        known = [agent for name, agent in named.items() if agent and _knows(api, name, agent)]
        say(f"preflight these agents are known: {', '.join(known) or 'none'}")
    api.client.recorder.judging = True


def _ready(api: Api) -> Exchange:
    """The first answer of a target that is up. It may be starting, and be given the time."""
    deadline = time.monotonic() + api.config.wait_ready
    while True:
        api.client.budget.check()
        try:
            answer = api.list(limit=1)
            if answer.status not in GATEWAY_ERRORS:
                return answer
            why = f"the target answers {answer.status}, as one does that starts or is down"
        except NotYet as awaited:
            why = str(awaited)
        except Blocked as blocked:
            if not isinstance(blocked.__cause__, httpx.HTTPError):
                raise
            why, mine = diagnosis(blocked.__cause__, Way.to_target(api.config))
            if mine:
                raise UsageError(why) from None
        if not _has_time(api, deadline):
            if beside := _answer_beside(api):
                return beside
            raise _given_up(api, why)


def _has_time(api: Api, deadline: float) -> bool:
    """Whether a target that may be starting is looked at again; if so, after a pause."""
    left = deadline - time.monotonic()
    if left > 0:
        api.client.circuit.close()
        time.sleep(min(PAUSE, left))
    return left > 0


def _given_up(api: Api, why: object) -> Blocked:
    return Blocked(f"{why} (waited {api.config.wait_ready:g} s; see --wait-ready)")


def _answer_beside(api: Api) -> Exchange | None:
    """What another operation is answered, where a list is not: that is for the checks to judge."""
    with suppress(Blocked):
        answer = _another(api)
        return None if answer.status in GATEWAY_ERRORS else answer
    return None


def _another(api: Api) -> Exchange:
    """What another operation than a list is answered, one that only looks."""
    if "search" in api.resource.operations:
        id, size = api.resource.operations["search"], api.resource.searched.size
        return api.send(id, body={size: 1})
    return api.get(api.unknown_id())


def _is_list(answer: Exchange) -> bool:
    return answer.role == "list"


def _is_odd(answer: Exchange) -> bool:
    """Whether an answer may be that of a gateway, or of another program behind it."""
    status = answer.status
    return status in (*REFUSED, *NOT_FOUND) or 300 <= status < 400 or answer.is_page


def _expect_steady(one: Exchange, other: Exchange) -> None:
    """Blocked where the same request is answered in two ways, one of them not the API's."""
    if (_is_odd(one) or _is_odd(other)) and _told(one) != _told(other):
        raise Blocked(
            f"the target answers {one.name} {_told(one)}, then {_told(other)}: a gateway whose"
            " backends differ, or are being replaced? Run again when it answers alike"
        )


def _told(answer: Exchange) -> str:
    return f"{answer.status} with a web page" if answer.is_page else str(answer.status)


def _expect_no_redirect(api: Api, answer: Exchange) -> None:
    location = answer.answer_headers.get("location")
    if not (300 <= answer.status < 400 and location):
        return
    path = answer.url.removeprefix(api.client.base).partition("?")[0]
    redirect = f"the target redirects to {shown(location)}"
    with suppress(httpx.InvalidURL):
        target = httpx.URL(answer.url).join(location)
        place = str(target.copy_with(userinfo=b"", query=None, fragment=None))
        if target.scheme in ("http", "https") and place.endswith(path):
            raise UsageError(f"{redirect}; write --target {place.removesuffix(path)}")
    raise UsageError(
        f"{redirect}, which is not this API: a login page, or a gateway's? See --header"
    )


def _expect_this_api(api: Api, answer: Exchange) -> None:
    """A wrong path answers every operation alike, and another program with pages of its own."""
    way = Way.to_target(api.config)
    if answer.status == BAD_REQUEST and speaks_tls(way):
        target = with_scheme(way, "https")
        raise UsageError(f"the target speaks TLS; write --target {target}")
    if answer.is_page and answer.status < 500:
        raise UsageError(
            f"{answer.url.partition('?')[0]} is a web page (status {answer.status}): a login page,"
            " or another program's; --target names the API, --header adds a gateway's key"
        )
    page, cure = answer.json, _cure(api)
    has_items = isinstance(page, dict) and api.resource.items in page
    if "search" not in api.resource.operations:  # what another asks for need not be there
        is_other = bool(cure) and _is_list(answer) and _is_strange(api, answer)
    elif _is_list(answer) and answer.ok and not has_items:
        # Compared with what is asked for one: a list may be wrong as a search is, for the checks.
        is_other = api.get(api.unknown_id()).content == answer.content
    else:
        is_other = _is_strange(api, answer) and _is_strange(api, _another(api))
    if is_other:
        raise UsageError(f"the API is not at {api.client.base}: {answer.summary}; {cure or CHECK}")


def _is_strange(api: Api, answer: Exchange) -> bool:
    """Whether the API refuses nobody in this way."""
    listed = api.contract.operations[str(answer.operation)].statuses
    elsewhere = answer.status in ELSEWHERE and answer.status not in listed
    return answer.status in NOT_FOUND or elsewhere


def _cure(api: Api) -> str:
    """The target to write instead, where a base path of the contract's stands in it twice, or
    one of its servers' is not there at all; empty where none is known."""
    target = api.client.base
    listing = api.contract.operations[api.resource.operations["list"]]
    segments = listing.path.strip("/").split("/")
    for count in range(len(segments), 0, -1):
        beginning = "/" + "/".join(segments[:count])
        if target.endswith(beginning):
            shorter = target.removesuffix(beginning)
            return f"the contract's paths begin with {beginning}; write --target {shorter}"
    for url in server_urls(api.contract.spec):
        path = urlsplit(url).path.rstrip("/")
        if path and not target.endswith(path):
            return f"the contract's servers have the path {path}; write --target {target}{path}"
    return ""


def _expect_key(api: Api, answer: Exchange) -> None:
    """The key opens the API."""
    if answer.status in REFUSED and _another(api).status in REFUSED:
        refusal = f"the target refuses the suite's key ({answer.status})"
        if api.config.token_command or api.config.token_url:
            raise UsageError(f"{refusal}; check what --token-command or --token-url gives")
        given = "token" in api.config.capabilities
        raise UsageError(f"{refusal}; {'check the key in' if given else 'set'} CONFORMANCE_TOKEN")


def _try_wrong_key(api: Api, say: Callable[[str], None]) -> None:
    """Say whether a wrong key opens the API too, which is for the checks to judge."""
    if "token" in api.config.capabilities:
        with suppress(Hiccup):
            wrong = api.list(limit=1, auth=f"Bearer {api.key()}")
            taken = (
                "taken too" if wrong.ok else "refused" if wrong.status in REFUSED else "answered"
            )
            say(f"preflight the key opens it; a wrong one is {taken} ({wrong.status})")


def _knows(api: Api, option: str, agent: str) -> bool:
    """Whether the target has been seen to know the agent. UsageError where it does not: a
    disabled one may be refused in any way, with 404 too."""
    opened = _opened(api, option, agent)
    if option == "disabled_agent":
        return opened is not None
    if opened and _is_odd(opened) and (again := _opened(api, option, agent)):
        _expect_steady(opened, again)
        _expect_no_redirect(api, opened)
    if opened and opened.status == 404:
        if api.list(limit=1).status in NOT_FOUND:
            place = opened.url.removeprefix(api.client.base)
            raise UsageError(
                f"the target has nothing at {place}: an open and a list are answered 404;"
                " check the path of --target, and that the contract is this deployment's"
            )
        flag = f"--{option.replace('_', '-')}"
        others = "" if option == "agent" else ", or leave that out"
        raise UsageError(
            f"the target does not know the {option.replace('_', ' ')} {agent!r};"
            f" name one by {flag}{others}"
        )
    return opened is not None and opened.ok


def _opened(api: Api, option: str, agent: str) -> Exchange | None:
    """The answer to an open, once no gateway gives it; None where there is none."""
    deadline = time.monotonic() + api.config.wait_ready
    while True:
        try:
            return api.open(agent=agent)
        except Blocked as cause:
            of_gateway = isinstance(cause, Hiccup) and not isinstance(cause, Unanswered)
            if of_gateway and option != "disabled_agent" and _has_time(api, deadline):
                continue
            if option != "agent" or isinstance(cause, Unanswered):
                return None  # for the checks to judge
            if of_gateway:
                raise _given_up(api, cause) from cause
            raise
