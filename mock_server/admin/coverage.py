"""What the clients have exercised."""

from collections.abc import Mapping

from ..http.validation import Call
from ..mock import Mock
from ..sandbox.coverage import coverage_document
from ..sandbox.sandbox import Sandbox
from .calls import AdminHandler, Answer


async def show_coverage(mock: Mock, sandbox: Sandbox, call: Call) -> Answer:
    """GET /coverage."""
    coverage = mock.coverage if call.query["of"] == "run" else sandbox.coverage
    return 200, coverage_document(coverage, mock.contract)


async def clear_coverage(mock: Mock, sandbox: Sandbox, call: Call) -> Answer:
    """DELETE /coverage."""
    sandbox.coverage.clear()
    return 204, None


HANDLERS: Mapping[str, AdminHandler] = {
    "showCoverage": show_coverage,
    "clearCoverage": clear_coverage,
}
