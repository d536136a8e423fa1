"""How calls are timed."""
import time


def best(call, repeats=5, clock=time.process_time):
    """Seconds of the quickest of `repeats` calls, after one that compiles; `call` is given their number, so that each can be a new problem.

    clock: processor time, which other programs disturb less, unless other processes work.
    """
    call(0)
    times = []
    for k in range(1, repeats + 1):
        start = clock()
        call(k)
        times.append(clock() - start)
    return min(times)
