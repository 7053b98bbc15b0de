"""Time that moves forward in a test without HTTP."""

from mock_server.domain.clock import Clock, settle


async def advance(clock: Clock, micros: int) -> None:
    """Move time forward, firing what falls due on the way in the order of its time."""
    target = clock.now() + micros
    await settle()
    while (due := clock.next_due()) is not None and due <= target:
        clock.move(due)
        await settle()
    clock.move(target)
