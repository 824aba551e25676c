"""Names, bounds, urgent letters, taking many at once, outboxes, statistics, waiting for room."""

from __future__ import annotations

import os
import select
import threading
import time
from typing import Any, List

import pytest

import drystone
from drystone import Blob, Mailbox, Outbox, wota
from drystone._library import library

KILOBYTE = b"pebble" * 170


def test_senders_find_open_mailboxes() -> None:
    with pytest.raises(drystone.NotFound):
        Mailbox.find("finder")
    painter = Mailbox.open("finder")
    Mailbox.find("finder").post(Blob(b"kept"))  # the sender's handle is dropped, and the letter stays
    assert bytes(painter.take(0)) == b"kept"
    painter.close()
    with pytest.raises(drystone.NotFound):
        Mailbox.find("finder")
    with pytest.raises(drystone.InvalidArgument):
        Mailbox.find("")


def test_a_name_belongs_to_one() -> None:
    one = Mailbox(name="of one")
    with pytest.raises(drystone.Busy):
        Mailbox(name="of one")
    one.post(Blob())
    assert len(Mailbox.find("of one")) == 1
    del one
    assert len(Mailbox(name="of one")) == 0
    with pytest.raises(drystone.InvalidArgument):
        Mailbox(name="")


def test_bounds_of_bytes() -> None:
    for mailbox in (Mailbox(max_bytes=3000), Mailbox.open("bounded", max_bytes=3000)):
        letter = wota.dumps([Blob(KILOBYTE)])
        mailbox.post(letter)
        mailbox.post(letter)
        with pytest.raises(drystone.LimitExceeded):
            mailbox.post(letter)
        with pytest.raises(drystone.LimitExceeded):
            mailbox.post(Blob(KILOBYTE * 3), timeout=None)  # can never fit: refused at once
        assert mailbox.statistics()["refused"] == 2
        mailbox.take(0)
        mailbox.post(letter)
        if mailbox._handle == Mailbox.open("bounded", max_bytes=1)._handle:
            assert len(Mailbox.open("bounded", max_bytes=1)) == 2
    for bound in (-1, 1 << 70):
        with pytest.raises(drystone.OutOfRange):
            Mailbox(max_bytes=bound)


def test_urgent_letters_come_first_and_in_order() -> None:
    mailbox = Mailbox()
    for name in (b"one", b"two"):
        mailbox.post(Blob(name))
    for name in (b"stop", b"now"):
        mailbox.post_urgent(Blob(name))
    assert [bytes(letter) for letter in mailbox.take_many(10, 0)] == [b"stop", b"now", b"one", b"two"]
    mailbox.close()
    with pytest.raises(drystone.Closed):
        mailbox.post_urgent(Blob())


def test_many_at_once() -> None:
    mailbox = Mailbox()
    for number in range(10):
        mailbox.post(wota.dumps(number))
    assert [wota.loads(letter) for letter in mailbox.take_many(4)] == [0, 1, 2, 3]
    assert [wota.loads(letter) for letter in mailbox.take_many()] == [4, 5, 6, 7, 8, 9]
    with pytest.raises(drystone.End):
        mailbox.take_many(3, 0)
    with pytest.raises(drystone.InvalidArgument):
        mailbox.take_many(0)
    for odd in (-1, 1 << 70):
        with pytest.raises(drystone.OutOfRange):
            mailbox.take_many(odd)
    mailbox.close()
    with pytest.raises(drystone.Closed):
        mailbox.take_many()


def test_many_letters_that_came_with_an_interrupt_are_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox, take_many = Mailbox(), library.mailbox_take_many
    for number in range(3):
        mailbox.post(wota.dumps(number))

    def interrupted(*arguments: Any) -> None:
        assert take_many(*arguments) == 0
        raise KeyboardInterrupt

    monkeypatch.setattr(library, "mailbox_take_many", interrupted)
    with pytest.raises(KeyboardInterrupt):
        mailbox.take_many(2)
    monkeypatch.undo()
    assert len(mailbox) == 3
    assert [wota.loads(letter) for letter in mailbox.take_many(5)] == [0, 1]
    assert wota.loads(mailbox.take(0)) == 2


def test_waiting_for_room() -> None:
    mailbox, stone = Mailbox(capacity=1), Blob(b"pebble")
    mailbox.post(stone, timeout=None)
    for timeout in (0, 0.001, 0.12):
        with pytest.raises(drystone.LimitExceeded):
            mailbox.post(stone, timeout=timeout)
    with pytest.raises(drystone.InvalidArgument):
        mailbox.post(stone, timeout=-1)
    assert stone.refcount == 2
    thread = threading.Thread(target=lambda: mailbox.post(Blob(b"second"), timeout=None))
    thread.start()
    assert bytes(mailbox.take()) == b"pebble"
    assert bytes(mailbox.take()) == b"second"
    thread.join()
    assert stone.refcount == 1


def test_closing_ends_waiting_for_room() -> None:
    mailbox, stone, ends = Mailbox(capacity=1), Blob(b"pebble"), []  # type: Any, Blob, List[BaseException]
    mailbox.post(Blob())

    def post() -> None:
        try:
            mailbox.post(stone, timeout=None)
        except BaseException as error:
            ends.append(error)

    thread = threading.Thread(target=post)
    thread.start()
    mailbox.close()
    thread.join()
    assert [type(end) for end in ends] == [drystone.Closed]
    ends.clear()
    assert stone.refcount == 1


def test_an_interrupt_while_it_waits_for_room_keeps_the_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox, stone = Mailbox(capacity=1), Blob(b"pebble")
    mailbox.post(stone)
    ticks: List[int] = []

    def monotonic() -> float:
        ticks.append(1)
        if len(ticks) > 4:  # after the first wait
            raise KeyboardInterrupt
        return float(len(ticks))

    monkeypatch.setattr(time, "monotonic", monotonic)
    with pytest.raises(KeyboardInterrupt):
        mailbox.post(stone, timeout=60)
    monkeypatch.undo()
    assert stone.refcount == 2
    mailbox.take(0)
    mailbox.post(stone, timeout=60)
    assert stone.refcount == 2 and mailbox.take(0) == stone


def test_the_descriptor_is_readable_while_there_is_something() -> None:
    mailbox = Mailbox()

    def readable() -> bool:
        return bool(select.select([mailbox], [], [], 0)[0])

    assert mailbox.fileno() == mailbox.fileno() and not readable()
    mailbox.post(Blob())
    mailbox.post(Blob())
    assert readable()
    mailbox.take(0)
    assert readable()
    mailbox.take(0)
    assert not readable()
    mailbox.close()
    assert readable()
    descriptor = mailbox.fileno()
    os.fstat(descriptor)
    del mailbox, readable


def test_an_outbox_is_delivered_when_the_turn_ends_well() -> None:
    one, other, stone = Mailbox(), Mailbox(), Blob(b"pebble")
    with Outbox() as outbox:
        outbox.post(one, stone)
        outbox.post(other, stone)
        outbox.post(one, Blob(b"last"))
        assert len(one) == len(other) == 0 and stone.refcount == 3
    assert [bytes(letter) for letter in one.take_many(5, 0)] == [b"pebble", b"last"]
    assert other.take(0) == stone and outbox.refused == 0
    with pytest.raises(LookupError):
        with outbox:
            outbox.post(one, stone)
            raise LookupError
    assert len(one) == 0 and stone.refcount == 1


def test_an_outbox_says_what_was_refused_and_keeps_mailboxes() -> None:
    full, closed, outbox, stone = Mailbox(capacity=1), Mailbox(), Outbox(), Blob(b"pebble")
    closed.close()
    for _ in range(3):
        outbox.post(full, stone)
        outbox.post(closed, stone)
    assert outbox.commit() == 5 == outbox.refused and outbox.commit() == 0
    assert len(full) == 1 and stone.refcount == 2
    outbox.post(Mailbox(), stone)  # no other handle exists
    assert outbox.commit() == 0 and stone.refcount == 2
    outbox.post(full, stone)
    outbox.discard()
    outbox.post(full, stone)
    del outbox
    assert stone.refcount == 2
    with pytest.raises(drystone.InvalidArgument):
        Outbox().post(stone, stone)  # type: ignore[arg-type]
    with pytest.raises(drystone.WrongType):
        Outbox().post(full, b"bytes")  # type: ignore[arg-type]


def test_statistics_and_sweeping() -> None:
    mailbox, letter = Mailbox(capacity=3), wota.dumps([Blob(KILOBYTE)])
    for _ in range(3):
        mailbox.post(letter)
    with pytest.raises(drystone.LimitExceeded):
        mailbox.post(letter)
    mailbox.take(0)
    known = mailbox.statistics()
    assert (known["posted"], known["taken"], known["refused"], known["letters"]) == (3, 1, 1, 2)
    assert known["peak_letters"] == 3 and known["bytes"] * 3 == known["peak_bytes"] * 2 > 3 * len(KILOBYTE)
    assert mailbox.sweep() == 2 and mailbox.sweep() == 0 and len(mailbox) == 0
    assert mailbox.statistics()["swept"] == 2 and letter.refcount == 1
