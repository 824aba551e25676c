"""Letters on event loops: one waiting task, many, cancelled ones, closing, loops that end."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from typing import Any, Coroutine, List

import pytest

import drystone
from drystone import Blob, Mailbox, wota
from processes import PATIENCE


def run(main: Coroutine[Any, Any, Any]) -> Any:
    async def in_time() -> Any:
        return await asyncio.wait_for(main, PATIENCE)

    return asyncio.run(in_time())


async def settle() -> None:
    """Runs until every task waits."""
    for _ in range(10):
        await asyncio.sleep(0)


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


def test_a_letter_that_is_there_and_one_that_comes() -> None:
    async def main() -> None:
        mailbox = Mailbox()
        mailbox.post(Blob(b"there"))
        assert bytes(await mailbox.get()) == b"there"
        task = asyncio.ensure_future(mailbox.get())
        await settle()
        assert not task.done()
        mailbox.post(Blob(b"comes"))
        assert bytes(await task) == b"comes"
        assert not mailbox._waiting

    run(main())


def test_a_letter_from_another_thread_while_the_loop_works() -> None:
    async def main() -> None:
        mailbox, other, ticks = Mailbox(), Mailbox(), 0
        thread = threading.Thread(target=lambda: mailbox.post(other.take()))
        thread.start()
        task = asyncio.ensure_future(mailbox.get())
        while ticks < 50:
            await asyncio.sleep(0)
            ticks += 1
        assert not task.done()
        other.post(Blob(b"late"))
        assert bytes(await task) == b"late"
        thread.join()

    run(main())


def test_waiting_tasks_are_served_in_order() -> None:
    async def main() -> None:
        mailbox, came = Mailbox(), []  # type: Mailbox, List[Any]

        async def wait(number: int) -> None:
            came.append((number, wota.loads(await mailbox.get())))

        tasks = []
        for number in range(20):
            tasks.append(asyncio.ensure_future(wait(number)))
            await settle()
        assert len(mailbox._waiting) == 1
        for number in range(20):
            mailbox.post(wota.dumps(number))
            if number % 3 == 0:
                await settle()
        await asyncio.gather(*tasks)
        assert came == [(number, number) for number in range(20)]

    run(main())


def test_a_cancelled_task_takes_no_letter() -> None:
    async def main() -> None:
        mailbox = Mailbox()
        tasks = [asyncio.ensure_future(mailbox.get()) for _ in range(3)]
        await settle()
        tasks[0].cancel()
        mailbox.post(Blob(b"first"))
        await settle()
        assert tasks[0].cancelled() and bytes(await tasks[1]) == b"first"
        # Woken and cancelled before it runs.
        mailbox.post(Blob(b"second"))
        next(iter(mailbox._waiting.values()))._wake()
        tasks[2].cancel()
        with pytest.raises(asyncio.CancelledError):
            await tasks[2]
        assert len(mailbox) == 1 and not mailbox._waiting
        assert bytes(await mailbox.get()) == b"second"
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(mailbox.get(), 0.01)
        assert not mailbox._waiting

    run(main())


def test_closing_ends_all_waiting_tasks() -> None:
    async def main() -> None:
        mailbox = Mailbox()
        tasks = [asyncio.ensure_future(mailbox.get()) for _ in range(5)]
        await settle()
        mailbox.post(Blob(b"last"))
        threading.Thread(target=mailbox.close).start()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(end) for end in ends] == [Blob] + [drystone.Closed] * 4
        with pytest.raises(drystone.Closed):
            await mailbox.get()

    run(main())


def test_for_each_letter_until_it_is_closed() -> None:
    async def main() -> None:
        mailbox, came = Mailbox(), []  # type: Mailbox, List[Any]

        async def read() -> None:
            async for letter in mailbox:
                came.append(wota.loads(letter))

        def post() -> None:
            for number in range(500):
                mailbox.post(wota.dumps(number), timeout=None)
            mailbox.close()

        thread = threading.Thread(target=post)
        thread.start()
        await asyncio.gather(read(), read(), read())
        thread.join()
        assert sorted(came) == list(range(500))

    run(main())


def test_two_handles_on_one_mailbox_wait_on_one_loop() -> None:
    async def main() -> None:
        one, other = Mailbox.open("of one loop"), Mailbox.open("of one loop")
        tasks = [asyncio.ensure_future(box.get()) for box in (one, other, one, other)]
        await settle()
        for _ in range(4):
            one.post(Blob(b"pebble"))
        assert [bytes(letter) for letter in await asyncio.gather(*tasks)] == [b"pebble"] * 4

    run(main())


def test_loops_on_several_threads_share_a_mailbox() -> None:
    mailbox, came, lock = Mailbox(), [], threading.Lock()  # type: Mailbox, List[Any], Any

    async def main() -> None:
        async for letter in mailbox:
            with lock:
                came.append(wota.loads(letter))

    threads = [threading.Thread(target=run, args=(main(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(300):
        mailbox.post(wota.dumps(number))
    mailbox.close()
    for thread in threads:
        thread.join()
    assert sorted(came) == list(range(300)) and not mailbox._waiting


def test_a_loop_that_ends_leaves_nothing() -> None:
    mailbox = Mailbox()
    mailbox.fileno()
    before = descriptors()
    for _ in range(3):
        loop = asyncio.new_event_loop()
        tasks = [loop.create_task(mailbox.get()) for _ in range(2)]
        for _ in range(5):
            loop.run_until_complete(asyncio.sleep(0))
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.close()
    del tasks, loop, task
    gc.collect()
    assert not mailbox._waiting and descriptors() == before
    mailbox.post(Blob(b"goes on"))
    assert bytes(run(mailbox.get())) == b"goes on"


def test_a_loop_that_is_closed_while_tasks_wait() -> None:
    mailbox = Mailbox()
    mailbox.fileno()
    before, ended = descriptors(), []  # type: int, List[str]
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda _loop, context: ended.append(context["message"]))
    waiting: Any = mailbox.get()
    task = loop.create_task(waiting)
    for _ in range(5):
        loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    waiting.close()
    assert not mailbox._waiting
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    del task, waiting, loop
    gc.collect()
    assert descriptors() == before
    mailbox.post(Blob(b"goes on"))
    assert bytes(run(mailbox.get())) == b"goes on"


def test_without_a_loop() -> None:
    waiting = Mailbox().get()
    with pytest.raises(RuntimeError):
        waiting.send(None)
