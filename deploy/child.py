"""Runs a `wangge` command as a child: it ends (as by SIGTERM) when its parent does, however the parent ended.

A child that has not ended by itself after some seconds is ended by force: nobody is left who would do it, and whatever
it still waits for (acknowledgements of a broker that is gone with the parent) does not come.

python -m deploy.child run --config …        standard input is a pipe that the parent holds open
"""

from __future__ import annotations

import os
import signal
import threading
import time

from deploy.cli import main

_PATIENCE_S = 5.0


def _end_with_parent() -> None:
    while os.read(0, 64):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_PATIENCE_S)
    os._exit(1)  # at once, whatever threads still wait for


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    main()
