"""Signatures of webhooks, as Standard Webhooks has them."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

SECRET_FORM = "whsec_ and the base64 of 24 to 64 bytes"
_PREFIX = "whsec_"
_FORGED = b"\x00" * 32


def parse_secret(text: str) -> bytes:
    """The key in a `whsec_` secret. Raises ValueError for anything else."""
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not text.startswith(_PREFIX) or not 24 <= len(key) <= 64:
        raise ValueError(f"wanted {SECRET_FORM}")
    return key


def signed_headers(
    message_id: str, seconds: int, payload: bytes, key: bytes | None, *, forged: bool = False
) -> Mapping[str, str]:
    """Id, time and, with a key or forged, the signature of one attempt.

    `seconds` since 1970; the id is the same over all attempts at one delivery.
    """
    headers = {"webhook-id": message_id, "webhook-timestamp": str(seconds)}
    if key is None and not forged:
        return headers
    content = f"{message_id}.{seconds}.".encode() + payload
    digest = hmac.digest(_FORGED if forged else key or b"", content, hashlib.sha256)
    return {**headers, "webhook-signature": f"v1,{base64.b64encode(digest).decode()}"}
