"""Why a request is refused."""

from http import HTTPStatus

Fault = dict[str, str]


class RefusedError(Exception):
    """A request that gets an error: its status, a sentence and every fault in the request."""

    def __init__(
        self,
        status: int | str,
        sentence: str,
        faults: list[Fault] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.status = int(status)
        self.sentence = sentence
        self.faults = faults or []
        self.headers = headers or {}

    @property
    def title(self) -> str:
        """The status in words."""
        return HTTPStatus(self.status).phrase


def found_fault(place: str, member: str, sentence: str) -> Fault:
    """One fault: in the `body` or the `query`, at a member, in words."""
    return {"in": place, "pointer": f"/{member}" if member else "", "detail": sentence}
