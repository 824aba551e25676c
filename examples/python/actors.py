"""Actors on asyncio: each takes letters, and sends the letters of a turn if the turn succeeds.

prints: {'heard': 'hello'}
prints: {'heard': 'goodbye'}
"""

import asyncio

from drystone import Mailbox, Outbox, wota


async def actor(inbox: Mailbox, outlet: Mailbox) -> None:
    async for letter in inbox:  # until it is closed
        with Outbox() as outbox:
            outbox.post(outlet, wota.dumps({"heard": wota.loads(letter)}))
    outlet.close()


async def listener(inbox: Mailbox) -> None:
    async for letter in inbox:
        print(wota.loads(letter))


async def main() -> None:
    first, second = Mailbox(capacity=100), Mailbox()
    for word in ("hello", "goodbye"):
        first.post(wota.dumps(word))
    first.close()
    await asyncio.gather(actor(first, second), listener(second))


asyncio.run(main())
