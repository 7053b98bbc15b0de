"""Signatures and their secret."""

import pytest

from mock_server.webhooks.signing import parse_secret
from tests.mock_server.webhooks.support import SECRET, is_signed


def test_a_webhook_is_signed_and_keeps_its_id_over_retries(start, receiver):
    api = start(webhook_url=receiver.url, webhook_secret=SECRET, webhook_backoff=0.01)
    receiver.statuses = [500, 503]
    session = api.open()["id"]
    api.end(session)
    receiver.wait_for(3)
    assert len({headers["webhook-id"] for headers in receiver.headers}) == 1
    assert all(map(is_signed, receiver.headers, receiver.bodies))
    assert not is_signed(receiver.headers[0], receiver.bodies[0] + b" ")


@pytest.mark.parametrize("text", ["", "abc", "whsec_", "whsec_!!!", "whsec_c2hvcnQ=", "d2hzZWM="])
def test_a_secret_has_its_form(text):
    with pytest.raises(ValueError, match="whsec_"):
        parse_secret(text)
