"""A document as Connexion takes it, held to OpenAPI's schema by a compiled validator.

Connexion's own takes fifty times as long, which was a good part of a mock's start; it is asked
only when there is something wrong to tell.
"""

from collections.abc import Mapping
from typing import Any

import jsonschema_rs
from connexion.middleware import ConnexionMiddleware
from connexion.middleware.main import API
from connexion.spec import OpenAPISpecification


class Specification(OpenAPISpecification):  # type: ignore[misc]
    """An OpenAPI 3 document, whose defaults were held to their schemas when it was read."""

    validator = jsonschema_rs.Draft4Validator(
        OpenAPISpecification.openapi_schema, validate_formats=False
    )

    @classmethod
    def _validate_spec(cls, document: Mapping[str, Any]) -> None:
        if not cls.validator.is_valid(document):
            super()._validate_spec(document)


def add_document(connexion: ConnexionMiddleware, document: Mapping[str, Any]) -> None:
    """Have Connexion serve a document, as its `add_api` does. Raises InvalidSpecification for one
    that is no OpenAPI."""
    options = {"base_path": None, "name": None, **connexion.options.__dict__}
    connexion.apis.append(API(Specification({**document}), **options))
