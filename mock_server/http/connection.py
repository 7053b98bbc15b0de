"""What a request's connection gives the application, and the most that a head may hold."""

__all__ = ["HEAD_LIMIT", "TRANSPORT"]

TRANSPORT = "adjourn.transport"  # the extension of the scope that holds the transport
HEAD_LIMIT = 64 * 1024  # bytes
