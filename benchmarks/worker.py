"""One contestant in a process of its own, one thread, told by lines on stdin what to run next.

``setup NUMBER``      build from the starting weights, for a batch size (or, of steps.py, an optimiser)
``time N``            take N steps, answer the CPU-seconds that they took
``train N``           build again, take N steps, answer the last loss

Answers are one JSON value a line on stdout.
"""

import json
import sys
import time

from benchmarks import block, cnn, contestants, decode, lstm, steps
from benchmarks.problem import N_BATCHES

CONTESTANTS = {
    name: make
    for module in (contestants, cnn, lstm, block, decode, steps)
    for name, make in module.CONTESTANTS.items()
}


def _take(contestant, n_steps, start=0):
    out = None
    for i in range(start, start + n_steps):
        out = contestant.step(i % N_BATCHES)
    return out


def _timed(contestant, n_steps):
    """Return the CPU-seconds of n_steps, after two steps that warm the caches again."""
    _take(contestant, 2)
    began = time.process_time()
    _take(contestant, n_steps)
    return time.process_time() - began


def main(name):
    answers, sys.stdout = sys.stdout, sys.stderr
    make, contestant, batch_size = CONTESTANTS[name], None, None
    for line in sys.stdin:
        command, number = line.split()
        number, answer = int(number), None
        if command == "setup":
            batch_size, contestant = number, make(number)
            _take(contestant, 10)
        elif command == "time":
            answer = _timed(contestant, number)
        elif command == "train":
            contestant = make(batch_size)
            answer = contestant.value(_take(contestant, number))
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
