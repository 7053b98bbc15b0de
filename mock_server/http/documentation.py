"""Swagger UI off the common path, on a phone and in the dark too."""

from typing import Any

from connexion.middleware.swagger_ui import SwaggerUIAPI, SwaggerUIMiddleware
from connexion.spec import Specification
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

_PATHS = ("/ui", "/openapi.")
_HEAD = b"""  <meta name="viewport" content="width=device-width, initial-scale=1">
    <style>
      .swagger-ui .topbar, .swagger-ui .servers-title, .swagger-ui .servers { display: none; }
      .swagger-ui .opblock-summary-path, .swagger-ui .info .title { overflow-wrap: anywhere; }
      .swagger-ui .opblock .opblock-summary-method { color: #000; text-shadow: none; }
      .swagger-ui .btn.authorize { color: #14683c; border-color: #14683c; }
      .swagger-ui .btn.authorize svg { fill: #14683c; }
      .swagger-ui .info .title small { background: #545b66; }
      .swagger-ui .info .title small.version-stamp { background: #4a6a00; }
      .swagger-ui a.link, .swagger-ui .info a { color: #1b5fb8; }
      @media (max-width: 600px) {
        .swagger-ui .opblock-summary-description { display: none; }
        .swagger-ui table { display: block; overflow-x: auto; }
      }
      @media (prefers-color-scheme: dark) {
        body { background: #1c1c1c; }
        #swagger-ui { background: #fafafa; filter: invert(0.9) hue-rotate(180deg); }
      }
    </style>
  </head>"""


class Page(SwaggerUIAPI):  # type: ignore[misc]
    """The page as it is bundled, with what a small or a dark screen wants."""

    async def _get_swagger_ui_home(self, req: Any) -> Response:
        page: Response = await super()._get_swagger_ui_home(req)
        return HTMLResponse(bytes(page.body).replace(b"</head>", _HEAD, 1))


class Pages(SwaggerUIMiddleware):  # type: ignore[misc]
    """Swagger UI with such pages."""

    def add_api(self, specification: Specification, **kwargs: Any) -> None:
        page = Page(specification, default=self.default_fn, **kwargs)
        self.router.mount(page.base_path, app=page.router)


class Documentation(Pages):
    """Swagger UI, asked only for its own paths: its router is not free.

    It lies beside the contract's paths and, whatever these begin with, at /ui/.
    """

    base_path = ""

    def add_api(self, specification: Specification, **kwargs: Any) -> None:
        super().add_api(specification, **kwargs)
        self.base_path = specification.base_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(self.base_path) if scope["type"] == "http" else ""
        if path.startswith(_PATHS):
            await super().__call__({**scope, "path": self.base_path + path}, receive, send)
        else:
            await self.app(scope, receive, send)
