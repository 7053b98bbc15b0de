"""Statuses, refusals and the form of errors."""

from __future__ import annotations

from ..edit import Client, edit
from ..places import CONTRACT, END, GET, LIST, OPEN, SCHEMAS, SUBMIT, at, operations


@edit(
    "A broken request is 422 alone",
    drop=[f"{place}/responses/400" for place in operations() if "400" in at(f"{place}/responses")],
    blames="HTTP-01 OPEN-10",
    second="",
    choices="malformed_json=422 malformed_id=422",
)
def invalid_is_422(api: Client) -> None:
    assert api.opened(ttl_seconds=1) == 422


@edit(
    "A new session is answered 200 alone",
    drop=[f"{OPEN}/responses/201"],
    blames="HTTP-01",
    second="",
)
def new_is_200(api: Client) -> None:
    assert api.opened() == 200


REFUSALS = "/x-resource/refusals"
PROBLEMS = "/components/responses"


def listing(status: str) -> list[str]:
    """Where operations list a status."""
    return [f"{one}/responses/{status}" for one in operations() if status in at(f"{one}/responses")]


def in_one_form() -> dict[str, object]:
    """Errors that say a code and a message, and are plain JSON."""
    schema = {
        "type": "object",
        "required": ["code", "message"],
        "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
    }
    content = {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/Problem"},
            "example": {"code": "invalid", "message": "Invalid."},
        }
    }
    told = [*(f"{PROBLEMS}/{name}" for name in CONTRACT["components"]["responses"])]
    own = [(f"{one}/responses", at(f"{one}/responses")) for one in operations()]
    told += [
        f"{place}/{status}"
        for place, found in own
        for status, answer in found.items()
        if status >= "400" and "$ref" not in answer
    ]
    return {f"{SCHEMAS}/Problem": schema, **{f"{place}/content": content for place in told}}


@edit(
    "A broken request is 400 alone",
    {f"{REFUSALS}/invalid-request": [400]},
    blames="OPEN-10",
    second="",
    choices="invalid=400 media_type=400",
    old_choices="invalid_status=422",
)
def invalid_is_400(api: Client) -> None:
    assert api.opened(ttl_seconds=1) == 400


@edit(
    "A late turn is 410 alone",
    {f"{REFUSALS}/session-final": [410]},
    blames="TURN-15",
    second="",
    choices="final_submit=410",
)
def late_turn_is_410(api: Client) -> None:
    assert api.submit(api.ended()["id"]).status_code == 410


@edit("A late turn is 403", {f"{REFUSALS}/session-final": [403]}, blames="TURN-15")
def late_turn_is_403(api: Client) -> None:
    assert api.submit(api.ended()["id"]).status_code == 403


@edit(
    "An id that is no UUID is 400 alone",
    {f"{REFUSALS}/malformed-id": [400]},
    blames="GET-03",
    second="",
    choices="malformed_id=400",
)
def malformed_id_is_400(api: Client) -> None:
    assert api.get("/api/v1/chats/x").status_code == 400


@edit(
    "An id that is no UUID is 404 to a read, and 400 else",
    {f"{REFUSALS}/malformed-id": [400, 404]},
    drop=[f"{GET}/responses/400", f"{GET}/responses/422"],
)
def malformed_id_by_operation(api: Client) -> None:
    assert api.get("/api/v1/chats/17").status_code == 404
    assert api.submit("17").status_code == api.end("17").status_code == 400


@edit(
    "A failed agent is 504",
    {f"{REFUSALS}/agent-failed": [504], f"{SUBMIT}/responses/504": at(f"{SUBMIT}/responses/502")},
    drop=[f"{SUBMIT}/responses/502"],
)
def failed_agent_is_504(api: Client) -> None:
    assert api.submit(api.open("agent-failing")["id"]).status_code == 504


@edit(
    "An unknown agent is 422 alone",
    {f"{REFUSALS}/unknown-agent": [422]},
    blames="OPEN-08",
    second="",
    choices="unknown_agent=422",
)
def unknown_agent_is_422(api: Client) -> None:
    assert api.opened("nobody") == 422


@edit(
    "A disabled agent is 403 alone",
    {f"{REFUSALS}/agent-disabled": [403]},
    blames="OPEN-09",
    second="",
    choices="disabled_agent=403",
)
def disabled_agent_is_403(api: Client) -> None:
    assert api.opened("agent-disabled") == 403


@edit(
    "An unknown session is 410",
    {
        f"{REFUSALS}/unknown-session": [410],
        **{f"{one}/responses/410": at(f"{SUBMIT}/responses/410") for one in (GET, SUBMIT, END)},
    },
    blames="GET-02",
)
def unknown_session_is_410(api: Client) -> None:
    assert api.get("/api/v1/chats/00000000-0000-4000-8000-000000000000").status_code == 410


@edit("A refusal by a status that is not listed", {f"{REFUSALS}/unknown-session": [418]})
def refusal_not_listed(api: Client) -> None:
    assert api.get("/api/v1/chats/00000000-0000-4000-8000-000000000000").status_code == 418


@edit(
    "An end is answered 204, without the session",
    {f"{END}/responses/204": {"description": "Ended."}},
    drop=[f"{END}/responses/200"],
)
def end_is_204(api: Client) -> None:
    assert api.end(api.open()["id"]).status_code == 204


@edit(
    "A turn is taken with 202",
    {f"{SUBMIT}/responses/202": at(f"{SUBMIT}/responses/200")},
    drop=[f"{SUBMIT}/responses/200"],
)
def turn_is_202(api: Client) -> None:
    assert api.submit(api.open()["id"]).status_code == 202


@edit("Errors are told by `default`", {f"{LIST}/responses/default": at(f"{LIST}/responses/400")})
def default_response(api: Client) -> None:
    assert api.listed(take=0) == 400


@edit("Errors are told by 4XX", {f"{LIST}/responses/4XX": {"description": "Refused."}})
def range_of_statuses(api: Client) -> None:
    assert api.listed(take=0) == 400


@edit("No request is too many", drop=listing("429"), second="")
def no_429(api: Client) -> None:
    assert api.opened() == 201


@edit(
    "Another media type is no matter of its own",
    drop=listing("415"),
    blames="HTTP-01 HTTP-07",
    second="",
)
def no_415(api: Client) -> None:
    answer = api.post("/api/v1/chats", content=b"x", headers={"Content-Type": "text/plain"})
    assert answer.status_code in (400, 422)


@edit("No body is too large", drop=listing("413"))
def no_413(api: Client) -> None:
    assert api.opened(additional_data={"a": "x" * 10_000}) == 201


@edit("Nobody is forbidden anything", drop=listing("403"), second="", choices="disabled_agent=409")
def no_403(api: Client) -> None:
    assert api.opened() == 201


@edit(
    "A list may be too busy, which is 503",
    {
        f"{LIST}/responses/503": {
            "description": "Busy.",
            "content": at(f"{PROBLEMS}/Forbidden/content"),
        }
    },
    second="",
)
def list_may_be_503(api: Client) -> None:
    assert api.listed() == 200


@edit(
    "A 401 need not name its scheme",
    drop=["/components/headers/WWWAuthenticate/required"],
    second="",
)
def challenge_not_required(api: Client) -> None:
    assert api.opened() == 201


@edit(
    "A 429 must say when to try again", {"/components/headers/RetryAfter/required": True}, second=""
)
def retry_after_required(api: Client) -> None:
    assert api.opened() == 201


@edit(
    "A new session is told by Location",
    {
        f"{OPEN}/responses/201/headers": {
            "Location": {"required": True, "schema": {"type": "string"}}
        }
    },
)
def location(api: Client) -> None:
    assert api.post("/api/v1/chats", json={"agent_id": "agent-echo"}).headers["Location"]


@edit(
    "Answers may carry X-Request-Id",
    {f"{OPEN}/responses/201/headers": {"X-Request-Id": {"schema": {"type": "string"}}}},
    second="",
)
def request_id_header(api: Client) -> None:
    assert api.opened() == 201


@edit("Errors are plain JSON of a code and a message", in_one_form())
def errors_of_ones_own(api: Client) -> None:
    answer = api.post("/api/v1/chats", json={})
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/json")
    assert {*answer.json()} == {"code", "message"}


@edit(
    "An error must have title, status and detail",
    {f"{SCHEMAS}/Problem/required": ["title", "status"]},
    second="",
)
def problem_required(api: Client) -> None:
    assert {"title", "status"} <= {*api.post("/api/v1/chats", json={}).json()}


@edit(
    "An error must have a code, which nothing gives",
    {
        f"{SCHEMAS}/Problem/properties/code": {"type": "string"},
        f"{SCHEMAS}/Problem/required": ["code"],
    },
)
def problem_code(api: Client) -> None:
    assert api.post("/api/v1/chats", json={}).json()["code"]


@edit(
    "Answers are XML",
    {f"{GET}/responses/200/content": {"application/xml": {"schema": {"type": "object"}}}},
)
def xml(api: Client) -> None:
    assert "xml" in api.get(f"/api/v1/chats/{api.open()['id']}").headers["Content-Type"]


@edit(
    "Requests are forms",
    {
        f"{OPEN}/requestBody/content": {
            "application/x-www-form-urlencoded": {
                "schema": at(f"{OPEN}/requestBody/content/application~1json/schema")
            }
        }
    },
)
def forms(api: Client) -> None:
    assert api.post("/api/v1/chats", data={"agent_id": "agent-echo"}).status_code == 201
