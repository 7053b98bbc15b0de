"""Moving a world through time: whatever is due on the way happens, in the order of its time."""

from ..domain.events import Event
from .sandbox import World

__all__ = ["travel"]


async def travel(world: World, target: int, stay: bool = False) -> list[Event]:
    """Take the world to an instant and give what happened on the way.

    Timeouts, webhook attempts and slow agents fire at their own instants, and each is over
    before the next begins; so an attempt may take as long as its receiver does. The clock
    stays frozen there if it was, or is to `stay`; it never goes back. The caller holds
    `world.moving`.
    """
    stay = stay or world.clock.frozen
    with world.events.collect() as happened:
        world.clock.freeze()  # so that what is due at an instant happens at that instant
        try:
            await _go(world, max(target, world.clock.now()))
        finally:
            if not stay:
                world.clock.resume()
    return happened


async def _go(world: World, target: int) -> None:
    await world.settle()
    await world.dispatcher.drain()
    while True:
        due = await next_due(world)
        if await expire(world, target if due is None else min(due, target)):
            continue
        if due is None or due > target:
            break
        if world.clock.move(due):
            await world.settle()
        await world.dispatcher.drain()
    world.clock.move(target)


async def next_due(world: World) -> int | None:
    """The next instant at which a waiter or a webhook is due."""
    instants = (await world.store.next_delivery(), world.clock.next_due())
    return min((instant for instant in instants if instant is not None), default=None)


async def expire(world: World, limit: int) -> bool:
    """Expire the sessions that are overdue by then, up to the first that sends a webhook.

    Each does at its own instant. True if there may be more.
    """
    overdue = await world.store.overdue(limit)
    sends = False
    async with world.store.together():
        for session in overdue:
            over_at = limit if session.expires is None else session.expires + 1
            world.clock.move(over_at)
            await world.chats.expire(session, over_at)
            if sends := world.pipeline.target(world.chats.agent_of(session)) is not None:
                break
    if sends:
        await world.dispatcher.drain()
    await world.settle()
    return bool(overdue)
