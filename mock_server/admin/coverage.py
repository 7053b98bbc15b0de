"""What the clients have exercised."""

from ..http.validation import Call
from ..mock import Mock
from ..sandbox.coverage import coverage_document
from ..sandbox.sandbox import Sandbox
from .calls import Answer


async def show_coverage(mock: Mock, sandbox: Sandbox, call: Call) -> Answer:
    """GET /coverage."""
    coverage = mock.coverage if call.query["of"] == "run" else sandbox.coverage
    return 200, coverage_document(coverage, mock.contract)


async def clear_coverage(mock: Mock, sandbox: Sandbox, call: Call) -> Answer:
    """DELETE /coverage."""
    sandbox.coverage.clear()
    return 204, None
