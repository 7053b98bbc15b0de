"""The API over HTTP: routes, keys and problems."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from .courier import Courier
from .desk import Desk, Doc, Refused
from .inputs import Inputs

ROUTES = Map(
    [
        Rule("/tickets", methods=["POST"], endpoint="create"),
        Rule("/tickets", methods=["GET"], endpoint="list"),
        Rule("/tickets/<id>", methods=["GET"], endpoint="read"),
        Rule("/tickets/<id>/comments", methods=["POST"], endpoint="comment"),
        Rule("/tickets/<id>/hold", methods=["POST"], endpoint="hold"),
        Rule("/tickets/<id>/close", methods=["POST"], endpoint="close"),
        Rule("/tickets/<id>/reopen", methods=["POST"], endpoint="reopen"),
    ],
    merge_slashes=False,
)


class Site:
    def __init__(self, token: str | None, courier: Courier) -> None:
        self.token = token
        self.courier = courier
        self.desk = Desk(courier)
        self.inputs = Inputs()

    def __call__(self, environ: Any, start: Any) -> Iterable[bytes]:
        request = Request(environ)
        raw = request.get_data()  # all of it, so that the next request is found
        try:
            response = self.answer(request, raw)
        except Refused as refused:
            response = self.problem(refused.status, refused.title)
        except MethodNotAllowed as error:
            response = self.problem(405, error.name)
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        except HTTPException as error:
            response = self.problem(error.code or 500, error.name)
        response.headers["Cache-Control"] = "no-store"
        return response(environ, start)

    def answer(self, request: Request, raw: bytes) -> Response:
        endpoint, values = ROUTES.bind_to_environ(request.environ).match()
        if not self.knows(request.headers.get("Authorization", "")):
            refused = self.problem(401, "Unauthorized")
            refused.headers.update(self.challenge())
            return refused
        act: Callable[..., tuple[int, Doc]] = getattr(self, endpoint)
        with self.desk.lock:
            self.desk.sweep()
            status, body = act(request, raw, **values)
        return Response(json.dumps(body), status, content_type="application/json")

    def knows(self, header: str) -> bool:
        scheme, _, key = header.partition(" ")
        return scheme.lower() == "bearer" and bool(key) and self.token in (None, key)

    def challenge(self) -> dict[str, str]:
        return {"WWW-Authenticate": "Bearer"}

    def problem(self, status: int, title: str) -> Response:
        body = json.dumps({"title": title, "status": status})
        return Response(body, status, content_type="application/problem+json")

    def create(self, request: Request, raw: bytes) -> tuple[int, Doc]:
        body = self.inputs.ticket(self.inputs.body(raw, request.mimetype))
        return 201, self.desk.show(self.desk.create(body))

    def list(self, request: Request, raw: bytes) -> tuple[int, Doc]:
        return 200, self.desk.page(self.inputs.query(request.args))

    def read(self, request: Request, raw: bytes, id: str) -> tuple[int, Doc]:
        return 200, self.desk.show(self.desk.find(self.inputs.id(id)))

    def comment(self, request: Request, raw: bytes, id: str) -> tuple[int, Doc]:
        ticket = self.desk.find(self.inputs.id(id))
        body = self.inputs.comment(self.inputs.body(raw, request.mimetype))
        return 200, self.desk.comment(ticket, body)

    def hold(self, request: Request, raw: bytes, id: str) -> tuple[int, Doc]:
        return 200, self.desk.hold(self.desk.find(self.inputs.id(id)))

    def close(self, request: Request, raw: bytes, id: str) -> tuple[int, Doc]:
        return 200, self.desk.close(self.desk.find(self.inputs.id(id)))

    def reopen(self, request: Request, raw: bytes, id: str) -> tuple[int, Doc]:
        return 200, self.desk.reopen(self.desk.find(self.inputs.id(id)))
