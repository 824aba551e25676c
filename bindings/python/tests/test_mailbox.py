from __future__ import annotations

import gc
import threading
import time
from typing import Any, List

import pytest

import drystone
from drystone import Blob, Mailbox, wota
from drystone._library import library
from processes import PATIENCE


def test_letters_come_in_order() -> None:
    mailbox = Mailbox()
    for number in range(10):
        mailbox.post(wota.dumps(number))
    assert len(mailbox) == 10 and mailbox
    assert [wota.loads(mailbox.take(0)) for _ in range(10)] == list(range(10))
    with pytest.raises(drystone.End):
        mailbox.take(0)
    assert len(mailbox) == 0 and mailbox


def test_a_letter_is_the_same_stone() -> None:
    mailbox, stone = Mailbox(), Blob(b"pebble")
    mailbox.post(stone)
    assert stone.refcount == 2 and bytes(stone) == b"pebble"
    assert mailbox.take() == stone
    assert stone.refcount == 1


def test_a_full_mailbox_and_a_closed_one() -> None:
    mailbox, stone = Mailbox(capacity=1), Blob(b"pebble")
    mailbox.post(stone)
    with pytest.raises(drystone.LimitExceeded):
        mailbox.post(stone)
    mailbox.close()
    mailbox.close()
    with pytest.raises(drystone.Closed):
        mailbox.post(stone)
    assert stone.refcount == 2
    assert mailbox.take() == stone
    for timeout in (None, 0, 5):
        with pytest.raises(drystone.Closed):
            mailbox.take(timeout)
    assert stone.refcount == 1


def test_undelivered_letters_are_destroyed() -> None:
    mailbox, stone = Mailbox(), Blob(b"pebble")
    mailbox.post(wota.dumps([stone]))
    del mailbox
    assert stone.refcount == 1


def test_names() -> None:
    one, other = Mailbox.open("painter 小石"), Mailbox.open("painter 小石")
    one.post(wota.dumps("sea"))
    assert wota.loads(other.take(0)) == "sea"
    one.close()
    with pytest.raises(drystone.Closed):
        other.take(0)
    again = Mailbox.open("painter 小石", capacity=1)
    again.post(Blob())
    with pytest.raises(drystone.LimitExceeded):
        again.post(Blob())
    with pytest.raises(drystone.InvalidArgument):
        Mailbox.open("")


@pytest.mark.parametrize("timeout", [0, 0.001, 0.05, 0.25])
def test_waiting_takes_the_time_that_is_given(timeout: float) -> None:
    began = time.monotonic()
    with pytest.raises(drystone.End):
        Mailbox().take(timeout)
    assert time.monotonic() - began >= timeout


@pytest.mark.parametrize("timeout", [0, 0.001, 0.05, 0.25, 0.3, 7])
def test_waiting_ends_at_the_timeout(timeout: float, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: List[int] = []

    def take(_handle: int, milliseconds: int, _letter: Any) -> int:
        waited.append(milliseconds)
        return drystone.End.status

    monkeypatch.setattr(library, "mailbox_take", take)
    # A clock that advances only by the waits, so that load does not matter.
    monkeypatch.setattr(time, "monotonic", lambda: 1000 + sum(waited) / 1000)
    with pytest.raises(drystone.End):
        Mailbox().take(timeout)
    assert timeout * 1000 <= sum(waited) <= timeout * 1000 + 1
    assert len(waited) <= timeout * 10 + 2 and max(waited) <= 100


def test_odd_timeouts() -> None:
    for timeout in (-1, float("nan")):
        with pytest.raises(ValueError):
            Mailbox().take(timeout)
    mailbox = Mailbox()
    mailbox.post(Blob())
    assert len(mailbox.take(float("inf"))) == 0


def test_ten_thousand_letters_between_threads() -> None:
    count, posters = 10_000, 4
    mailbox, stone = Mailbox(capacity=100), Blob(b"pebble" * 100)
    last = [-1] * posters
    taken = 0

    def post(poster: int) -> None:
        for number in range(count // posters):
            letter = wota.dumps([poster, number, stone])
            while True:
                try:
                    mailbox.post(letter)
                    break
                except drystone.LimitExceeded:
                    time.sleep(0.0005)

    threads = [threading.Thread(target=post, args=(poster,)) for poster in range(posters)]
    for thread in threads:
        thread.start()
    while taken < count:
        poster, number, same = wota.loads(mailbox.take(PATIENCE))
        assert number == last[poster] + 1 and same == stone
        last[poster] = number
        taken += 1
    for thread in threads:
        thread.join()
    del same
    gc.collect()
    assert stone.refcount == 1 and len(mailbox) == 0


def test_several_take_until_it_is_closed() -> None:
    mailbox, came, lock = Mailbox(), [], threading.Lock()

    def take() -> None:
        for letter in mailbox:
            value = wota.loads(letter)
            with lock:
                came.append(value)

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(500):
        mailbox.post(wota.dumps(number))
    mailbox.close()
    for thread in threads:
        thread.join()
    assert sorted(came) == list(range(500))


def test_a_waiting_thread_lets_others_run() -> None:
    mailbox, answer = Mailbox(), Mailbox()
    thread = threading.Thread(target=lambda: answer.post(mailbox.take()))
    thread.start()
    time.sleep(0.15)  # longer than a slice
    mailbox.post(Blob(b"late"))
    assert bytes(answer.take(PATIENCE)) == b"late"
    thread.join()


def test_threads_share_stones_and_views() -> None:
    stone, failures = Blob(bytes(range(256)) * 100), []  # type: Blob, List[str]

    def look() -> None:
        for _ in range(200):
            view = stone.slice(8, 808).view()
            if bytes(view) != bytes(stone.view()[1:101]) or hash(stone) != hash(Blob(stone.view())):
                failures.append("differs")

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures and stone.refcount == 1


def test_threads_that_write_one_antestone_do_not_harm_it() -> None:
    blob = Blob.new()

    def write() -> None:
        for _ in range(2000):
            blob.write_bytes(b"pebble")

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bytes(blob) == b"pebble" * 8000


def test_a_letter_that_came_with_an_interrupt_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox, take = Mailbox(), library.mailbox_take
    mailbox.post(Blob(b"first"))
    mailbox.post(Blob(b"second"))

    def interrupted(*arguments: Any) -> None:
        assert take(*arguments) == 0
        raise KeyboardInterrupt

    monkeypatch.setattr(library, "mailbox_take", interrupted)
    with pytest.raises(KeyboardInterrupt):
        mailbox.take()
    monkeypatch.undo()
    assert len(mailbox) == 2
    assert [bytes(mailbox.take(0)) for _ in range(2)] == [b"first", b"second"]


def test_a_mailbox_is_not_copied() -> None:
    import copy

    with pytest.raises(TypeError):
        copy.copy(Mailbox())
