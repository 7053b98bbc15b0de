"""Who is told what happens to the sessions."""

from typing import Protocol

from .session import Session


class Observer(Protocol):
    """Is told of each thing as soon as it is stored."""

    def opened(self, session: Session) -> None:
        """A session is new."""

    def stepped(self, state: str, event: str) -> None:
        """An event has come to a session in this state."""

    def turned(self, session: Session, replies: int) -> None:
        """A turn has brought so many replies."""

    def finished(self, session: Session, announced: bool) -> None:
        """A session has become final; `announced` if that leaves a webhook."""

    def reopened(self, session: Session) -> None:
        """A session that was final goes on."""
