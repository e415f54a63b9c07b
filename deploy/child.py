"""Runs a `wangge` command as a child: it ends (as by SIGTERM) when its parent does, however the parent ended.

python -m deploy.child run --config …        standard input is a pipe that the parent holds open
"""

from __future__ import annotations

import os
import signal
import threading

from deploy.cli import main


def _end_with_parent() -> None:
    while os.read(0, 64):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    main()
