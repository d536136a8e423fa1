"""How calls are timed."""
import time


def best(call, repeats=5):
    """Seconds of the quickest of `repeats` calls, after one that compiles; `call` is given their number, so that each can be a new problem."""
    call(0)
    times = []
    for k in range(1, repeats + 1):
        start = time.perf_counter()
        call(k)
        times.append(time.perf_counter() - start)
    return min(times)
