"""An end for what hangs. A killed run harms nothing, so nothing is asked to stop: the process just ends."""

import faulthandler
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

GRACE_SECONDS = 60  # to write down why


@contextmanager
def ending_after(seconds: float, give_up: Callable[[], None]) -> Iterator[None]:
    """End this process with exit code 1 if the context lasts longer, after `give_up` has said what happened.

    Where even a thread cannot run any more, the process prints where it hangs a minute later, and ends.
    """

    def end() -> None:
        try:
            give_up()
        finally:
            os._exit(1)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    faulthandler.dump_traceback_later(seconds + GRACE_SECONDS, exit=True, file=sys.__stderr__)
    try:
        yield
    finally:
        timer.cancel()
        faulthandler.cancel_dump_traceback_later()
