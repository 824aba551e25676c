"""Nota from untrusted peers: a value, or an exception with the position of the fault.

prints: {'id': 7, 'name': 'sea'}
prints: refused: True
"""

from drystone import DrystoneError, Limits, nota

data = nota.dumps({"id": 7, "name": "sea"})
limits = Limits(max_depth=32, max_words=100_000)
print(nota.loads(data, limits=limits))
try:
    nota.loads(data[:-1], limits=limits)
except DrystoneError as error:
    print("refused:", error.offset is not None)
