"""A small backend of the Chats API, with one mistake: the tutorial for backends finds it.

`python server.py 8001` serves it. It echoes, keeps all in memory, and has one agent, `echo`.
"""

import sys
from datetime import UTC, datetime
from uuid import UUID, uuid4

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route

sessions = {}  # by id, the least recently active first
replies = {}  # by session and idempotency key
endpoints = {}  # the session that was opened last, by channel and external_id


def now():
    return datetime.now(UTC).isoformat()


def touch(session):
    session["last_activity"] = now()
    sessions[session["id"]] = sessions.pop(session["id"])


def find(request):
    try:
        return sessions[str(UUID(request.path_params["id"]))]
    except (KeyError, ValueError):
        raise HTTPException(404, "There is no such session.") from None


async def body_of(request):
    try:
        body = await request.json() if await request.body() else {}
    except ValueError:
        raise HTTPException(400, "The body is no JSON.") from None
    if not isinstance(body, dict):
        raise HTTPException(400, "The body is no object.")
    return body


async def open_chat(request):
    body = await body_of(request)
    if body.get("agent_id") != "echo":
        raise HTTPException(404, "There is no such agent.")
    channel = body.get("channel") or "web"
    endpoint = (channel, repr(body.get("external_id")))
    known = endpoints.get(endpoint)
    if body.get("external_id") is not None and known and not known["is_final"]:
        return JSONResponse(known)
    session = {
        "id": str(uuid4()), "agent_id": "echo", "channel": channel, "messages": [],
        "created_time": now(), "last_activity": now(), "ttl_seconds": body.get("ttl_seconds"),
        "is_final": False, "status": "active", "final_reason": None,
    }  # fmt: skip
    sessions[session["id"]] = endpoints[endpoint] = session
    return JSONResponse(session, 201)


async def list_chats(request):
    query = request.query_params
    found = [
        session
        for session in reversed(sessions.values())
        if query.get("state", "active") in ("all", session["status"])
        and query.get("channel", session["channel"]) == session["channel"]
        and query.get("agent_id", session["agent_id"]) == session["agent_id"]
    ]
    skip, take = int(query.get("skip", 0)), int(query.get("take", 50))
    page = {"items": found[skip : skip + take], "total_count": len(found)}
    return JSONResponse({**page, "skip": skip, "take": take})


async def get_chat(request):
    return JSONResponse(find(request))


async def submit_message(request):
    session, body = find(request), await body_of(request)
    key = (session["id"], body.get("idempotency_key") or str(uuid4()))
    if key in replies:
        return JSONResponse(replies[key])
    touch(session)
    reply = {"role": "assistant", "content": f"You said: {body['content']}", "time": now()}
    user = {"role": "user", "content": body["content"], "time": session["last_activity"]}
    session["messages"] += [user, reply]
    replies[key] = {"messages": [reply], "is_final": False, "status": "active"}
    return JSONResponse(replies[key])


async def end_chat(request):
    session = find(request)
    if not session["is_final"]:
        session.update(is_final=True, status="final", final_reason="user_end")
    return JSONResponse(session)


async def search_results(request):
    ended = [{"callId": id, "agentId": "echo"} for id, one in sessions.items() if one["is_final"]]
    return JSONResponse({"results": ended, "totalCount": len(ended), "totalPages": 1})


class Keys:
    """Lets nobody in without a bearer key."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        headers = dict(scope.get("headers", ()))
        if scope["type"] == "http" and b"authorization" not in headers:
            await problem(401, "Send a bearer key.")(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def problem(status, detail):
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    told = {"title": "Refused", "status": status, "detail": detail}
    return JSONResponse(told, status, headers, "application/problem+json")


async def refused(request, error):
    return problem(error.status_code, error.detail)


CHATS = "/api/v1/chats"
app = Starlette(
    routes=[
        Route(CHATS, open_chat, methods=["POST"]),
        Route(CHATS, list_chats),
        Route(f"{CHATS}/{{id}}", get_chat),
        Route(f"{CHATS}/{{id}}/messages", submit_message, methods=["POST"]),
        Route(f"{CHATS}/{{id}}/end", end_chat, methods=["POST"]),
        Route("/api/v1/callresults/search", search_results, methods=["POST"]),
    ],
    middleware=[Middleware(Keys)],
    exception_handlers={HTTPException: refused},
)

if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
