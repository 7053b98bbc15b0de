"""What is wrong with an answer of the upstream: its head, and then its body."""

from functools import partial

import httpx

from ..http.large import beside
from ..problems.violations import quote, violation
from .answers import decoded, is_decodable, media_type_of
from .checks import CheckedOperation


def note_head(
    response: httpx.Response,
    operation: CheckedOperation | None,
    found: list[dict[str, str]],
    method: str,
) -> bool:
    """Note what is wrong with the head of an answer; whether its body is to be checked."""
    if operation is None:
        return False
    found.extend(operation.faults_of_head(method, response.status_code, response.headers))
    if method == "HEAD" or response.status_code not in operation.headers:
        return False
    encoding = response.headers.get("content-encoding", "")
    media_type = media_type_of(response.headers.get("content-type", ""))
    if (response.status_code, media_type) not in operation.responses:
        found.extend(operation.faults_of(response.status_code, media_type, b""))
        return False
    if not is_decodable(encoding):
        detail = f"wanted no Content-Encoding that was not asked for, got {quote(encoding)}"
        found.append(violation("response", "", detail))
        return False
    return True


async def faults_of_body(
    operation: CheckedOperation, response: httpx.Response, body: bytes
) -> list[dict[str, str]]:
    """What is wrong with a body; a large one is looked at off the event loop."""
    check = partial(_body_faults, operation, response, body)
    return await beside(len(body), check)


def _body_faults(
    operation: CheckedOperation, response: httpx.Response, body: bytes
) -> list[dict[str, str]]:
    encoding = response.headers.get("content-encoding", "")
    try:
        plain = decoded(body, encoding)
    except ValueError as error:
        return [violation("response", "", f"wanted what Content-Encoding says, got {error}")]
    if plain is None:
        return []
    media_type = media_type_of(response.headers.get("content-type", ""))
    return operation.faults_of(response.status_code, media_type, plain)
