"""A mock whose webhooks go to its own sink."""

import pytest

from tests.mock_server.webhooks.support import SECRET
from tests.serving import Api


@pytest.fixture(scope="module")
def hooked():
    """A mock whose webhooks go to a sink of its own."""
    with Api.of(webhook_secret=SECRET, webhook_backoff=0.01) as api:
        api.sink = f"{str(api.base_url).rstrip('/')}/__admin/sink/test"
        yield api
