"""A document as Connexion takes it."""

import pytest
from connexion.exceptions import InvalidSpecification
from connexion.middleware import ConnexionMiddleware
from connexion.spec import OpenAPISpecification

from mock_server.http.specification import add_document
from tests.mock_server.conftest import CONTRACT


def added(document):
    connexion = ConnexionMiddleware(None, import_name=__name__)
    add_document(connexion, document)
    (api,) = connexion.apis
    return api


def test_a_document_is_served_as_connexion_has_it():
    own = ConnexionMiddleware(None, import_name=__name__)
    own.add_api({**CONTRACT.document})
    api = added(CONTRACT.document)
    assert api.specification.spec == own.apis[0].specification.spec
    assert api.specification.raw == own.apis[0].specification.raw
    assert (api.base_path, api.kwargs) == (own.apis[0].base_path, own.apis[0].kwargs)
    assert isinstance(api.specification, OpenAPISpecification)


def test_a_document_stays_as_it_was():
    document = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {}}
    added(document)
    assert [*document] == ["openapi", "info", "paths"]


def test_what_is_no_openapi_is_refused_with_its_place():
    paths = {**CONTRACT.document["paths"], "/odd": {"get": {"responses": 7}}}
    with pytest.raises(InvalidSpecification, match="7 is not of type 'object'") as refused:
        added({**CONTRACT.document, "paths": paths})
    assert [*refused.value.absolute_path] == ["paths", "/odd", "get", "responses"]
