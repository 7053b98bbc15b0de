"""A stateful mock of the Chats API, served from its contract."""

__all__: list[str] = []
