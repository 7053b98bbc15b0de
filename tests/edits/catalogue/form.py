"""The form of the file: what may be written otherwise, and what OpenAPI has beyond this one."""

from __future__ import annotations

import json

from ..edit import Client, edit
from ..places import FORMS, GET, OPEN, SCHEMAS, at

PARTS = """\
Open:
  type: object
  required: [agent_id]
  properties:
    agent_id: {type: string, minLength: 1}
    channel: {type: string, nullable: true, minLength: 1, default: web}
    external_id: {type: object, nullable: true}
    ttl_seconds: {$ref: '#/Seconds'}
    additional_data: {type: object, nullable: true}
Seconds: {type: integer, nullable: true, minimum: 60, maximum: 86400}
"""


def served(api: Client) -> None:
    """The mock serves as ever."""
    session = api.open(ttl_seconds=60)["id"]
    assert api.opened(ttl_seconds=59) == 400
    assert api.submit(session).status_code == 200
    assert api.end(session).json()["is_final"] is True


@edit(
    "The title, the version and a description",
    {"/info/title": "Talks", "/info/version": "2.0.0", f"{OPEN}/description": "Begins."},
    second="",
)
def other_descriptions(api: Client) -> None:
    served(api)


@edit(
    "An example more",
    {
        f"{OPEN}/requestBody/content/application~1json/examples/more": {
            "value": {"agent_id": "agent-tools"}
        }
    },
    second="",
)
def example(api: Client) -> None:
    served(api)


@edit(
    "An example that does not fit",
    {f"{OPEN}/requestBody/content/application~1json/examples/web/value/ttl_seconds": 1},
)
def example_unfit(api: Client) -> None:
    served(api)


@edit("An operation is deprecated", {f"{GET}/deprecated": True}, second="")
def deprecated(api: Client) -> None:
    served(api)


@edit(
    "The request's schema stands where it is used",
    {f"{OPEN}/requestBody/content/application~1json/schema": at(f"{SCHEMAS}/OpenRequest")},
    second="",
)
def schema_in_place(api: Client) -> None:
    served(api)


@edit(
    "A request's schema stands in another file",
    {f"{OPEN}/requestBody/content/application~1json/schema": {"$ref": "parts.yaml#/Open"}},
    files={"parts.yaml": PARTS},
    second="",
)
def schema_in_another_file(api: Client) -> None:
    served(api)


@edit(
    "A reference leads nowhere",
    {
        f"{OPEN}/requestBody/content/application~1json/schema": {
            "$ref": "#/components/schemas/Nobody"
        }
    },
)
def reference_to_nothing(api: Client) -> None:
    served(api)


@edit(
    "Sessions may have members that are not listed",
    {f"{SCHEMAS}/{form}/additionalProperties": True for form in FORMS},
    second="",
)
def open_sessions(api: Client) -> None:
    served(api)


@edit("OpenAPI 3.1", {"/openapi": "3.1.0"})
def openapi_31(api: Client) -> None:
    served(api)


@edit("OpenAPI 2", rename={"/openapi": "swagger"})
def openapi_2(api: Client) -> None:
    served(api)


@edit("An extension that nothing knows", {"/x-company": "Example"})
def unknown_extension(api: Client) -> None:
    served(api)


@edit(
    "A session is told by a discriminator",
    {f"{SCHEMAS}/Session/discriminator": {"propertyName": "status"}},
)
def discriminator(api: Client) -> None:
    served(api)


@edit(
    "A member of an open is read-only", {f"{SCHEMAS}/OpenRequest/properties/channel/readOnly": True}
)
def read_only(api: Client) -> None:
    served(api)


@edit("A callback", {f"{OPEN}/callbacks": {"finished": {}}})
def callback(api: Client) -> None:
    served(api)


@edit("A pattern that is none", {f"{SCHEMAS}/OpenRequest/properties/agent_id/pattern": "["})
def broken_pattern(api: Client) -> None:
    served(api)


@edit(
    "Bounds that nothing fits", {f"{SCHEMAS}/OpenRequest/properties/ttl_seconds/minimum": 100_000}
)
def bounds_crossed(api: Client) -> None:
    served(api)


@edit(
    "The lifecycle stands in another file",
    {"/x-lifecycle": {"$ref": "our%20life.yaml"}},
    files={"our life.yaml": json.dumps(at("/x-lifecycle"))},
    second="",
)
def lifecycle_in_another_file(api: Client) -> None:
    served(api)
