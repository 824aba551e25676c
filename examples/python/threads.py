"""A stone goes to another thread by reference: the megabyte is never copied.

prints: 1048576 bytes, the first is 7
"""

import threading

from drystone import Blob, Closed, Mailbox, wota

painter = Mailbox.open("painter")


def sender() -> None:
    stone = Blob.wrap(bytearray([7]) * (1 << 20))
    outlet = Mailbox.find("painter")  # by name, from anywhere in the process
    outlet.post(wota.dumps({"name": "a picture", "data": stone}))
    outlet.close()


thread = threading.Thread(target=sender)
thread.start()
try:
    while True:
        value = wota.loads(painter.take())
        pixels = value["data"].view()  # a memoryview of the sender's memory, read-only
        print(f"{len(pixels)} bytes, the first is {pixels[0]}")
except Closed:
    pass
thread.join()
