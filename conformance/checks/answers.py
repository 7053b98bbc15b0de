"""HTTP, ERR: what every answer is as an HTTP response, and every error as a problem document:
kinds of rules that are true of any API."""

import re

from ..contract.rules import Rule
from ..judging.answer import Answer
from ..judging.exchange import ABSENT
from ..judging.outcomes import NotApplicable, Violation, expect, listed, shown
from ..registry import every_exchange

READ = 100_000  # characters of an error that are searched
# Each repetition is bounded, so that no text makes the search slow.
INTERNALS = re.compile(
    r"Traceback \(most recent call last\)"
    r"|\bat [\w.$<>]{1,200}\([\w ]{1,200}\.(java|kt|cs|js|ts):?\d{0,9}\)"
    r"|\bFile \"[^\"]{1,200}\", line \d"
    r"|\bat [\w.<>`]{1,200}\([^)]{0,200}\) in [^\n:]{1,200}:line \d"
    r"|\w\.(?:[cm]?[jt]sx?|php|rb|rs|go|py)(?::|\(| on line )\d"
    r"|goroutine \d{1,9} \["
    r"|\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\b[^\n]{0,80}\b(FROM|VALUES|SET|WHERE)\b"
    r"|/(?:site-packages|node_modules|usr/lib)/|sqlite3?\.|psycopg|System\.\w{1,80}Exception"
)


@every_exchange("listed-status", Answer.every)
def check_the_status_is_one_of_the_contracts(answer: Answer) -> None:
    statuses = answer.listed_statuses
    if not statuses or answer.is_server_error:
        raise NotApplicable("no operation's, or a failure")
    exchange = answer.exchange
    if exchange.status not in statuses:
        raise Violation(f"status {listed(statuses)}", exchange.summary)


@every_exchange("no-failure", Answer.every)
def check_the_server_does_not_fail(answer: Answer) -> None:
    if answer.is_server_error:
        raise Violation("no server error", answer.exchange.summary)


@every_exchange("json", Answer.success)
def check_a_success_is_json(answer: Answer) -> None:
    kind = answer.exchange.media_type
    expect(kind == "application/json", "application/json", kind or "no type")


@every_exchange("well-formed", Answer.every)
def check_what_says_it_is_json_is_json(answer: Answer) -> None:
    exchange = answer.exchange
    bodied = exchange.content or (exchange.ok and exchange.status not in (204, 205))
    if not bodied or "json" not in exchange.media_type:
        raise NotApplicable("no JSON")
    if exchange.json is ABSENT:
        raise Violation("well-formed JSON in UTF-8", exchange.summary)


SILENCE = {"answered": "closed", "in-time": "late"}


@every_exchange("answered", Answer.asked)
@every_exchange("in-time", Answer.asked)
def check_an_answer_comes(answer: Answer, rule: Rule) -> None:
    """The connection is not closed in its place, or it does not come too late."""
    if answer.exchange.silence == SILENCE[rule.kind]:
        raise Violation("an answer", answer.exchange.summary)


@every_exchange("private", Answer.success)
def check_private_data_is_not_for_shared_caches(answer: Answer, rule: Rule) -> None:
    if answer.exchange.operation not in rule.operations:
        raise NotApplicable("another operation's")
    policy = answer.exchange.answer_headers.get("cache-control", "")
    words = {word.split("=")[0].strip().lower() for word in policy.split(",")}
    inviting = words & {"public", "s-maxage"}
    expect(not inviting, "neither public nor s-maxage", f"Cache-Control: {policy}")


@every_exchange("problem", Answer.refusal)
def check_an_error_is_a_problem_document(answer: Answer) -> None:
    exchange, body = answer.exchange, answer.exchange.json
    wanted = "a problem document (application/problem+json)"
    kind = exchange.media_type
    expect(kind == "application/problem+json", wanted, kind or "an empty body")
    if not isinstance(body, dict) or not answer.schemas.problem.is_valid(body):
        raise Violation(wanted, exchange.summary)


@every_exchange("problem-status", Answer.refusal)
def check_a_problem_has_the_status_of_its_response(answer: Answer) -> None:
    exchange, body = answer.exchange, answer.exchange.json
    if exchange.media_type != "application/problem+json" or not isinstance(body, dict):
        raise NotApplicable("no problem document")
    if "status" not in body:
        raise NotApplicable("status may be left out")
    wanted = f"status {exchange.status} in the problem"
    expect(body["status"] == exchange.status, wanted, shown(body["status"]))


@every_exchange("no-internals", Answer.every)
def check_an_error_shows_no_internals(answer: Answer) -> None:
    if answer.exchange.status >= 400:
        text = answer.exchange.content[:READ].decode("utf-8", "replace")
        found = INTERNALS.search(text.replace('\\"', '"').replace("\\n", "\n"))
        expect(found is None, "no internals of the server", shown(found.group() if found else ""))
