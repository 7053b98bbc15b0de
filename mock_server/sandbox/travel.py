"""Moving a sandbox through time: whatever is due on the way happens, in the order of its time."""

from ..domain.events import Event
from .sandbox import Sandbox


async def travel(sandbox: Sandbox, target: int, stay: bool = False) -> list[Event]:
    """Take the sandbox to an instant and give what happened on the way.

    Timeouts, webhook attempts and slow agents fire at their own instants, and each is over
    before the next begins; so an attempt may take as long as its receiver does. The clock
    stays frozen there if it was, or is to `stay`; it never goes back. The caller holds
    `sandbox.moving`.
    """
    stay = stay or sandbox.clock.frozen
    with sandbox.events.collect() as happened:
        sandbox.clock.freeze()  # so that what is due at an instant happens at that instant
        try:
            await _go(sandbox, max(target, sandbox.clock.now()))
        finally:
            if not stay:
                sandbox.clock.resume()
    return happened


async def _go(sandbox: Sandbox, target: int) -> None:
    await sandbox.settle()
    await sandbox.dispatcher.drain()
    while True:
        due = await next_due(sandbox)
        if await expire(sandbox, target if due is None else min(due, target)):
            continue
        if due is None or due > target:
            break
        if sandbox.clock.move(due):
            await sandbox.settle()
        await sandbox.dispatcher.drain()
    sandbox.clock.move(target)


async def next_due(sandbox: Sandbox) -> int | None:
    """The next instant at which a waiter or a webhook is due."""
    instants = (await sandbox.store.outbox.next_due(), sandbox.clock.next_due())
    return min((instant for instant in instants if instant is not None), default=None)


async def expire(sandbox: Sandbox, limit: int) -> bool:
    """Expire the sessions that are overdue by then, up to the first that sends a webhook.

    Each does at its own instant. True if there may be more.
    """
    overdue = await sandbox.store.sessions.overdue(limit)
    sends = False
    async with sandbox.store.sessions.together():
        for session in overdue:
            over_at = limit if session.expires is None else session.expires + 1
            sandbox.clock.move(over_at)
            await sandbox.chats.expire(session, over_at)
            if sends := sandbox.chats.announces(session):
                break
    if sends:
        await sandbox.dispatcher.drain()
    await sandbox.settle()
    return bool(overdue)
