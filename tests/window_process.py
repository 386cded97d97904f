"""A real window in a process of its own: `python tests/window_process.py [PLAN DATA PACE THEN]`.

With a plan, it opens it and presses Start; without one, it attaches to what it finds, as always.
With the word `pause` behind, it pauses the run once there is a finished site; with `everything` it
shows every view at once, as benchmarks want it.
"""

from __future__ import annotations

import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from ui.app import main
from ui.window import Window


class Operator:
    """Does in the window what a human would do, as soon as the window allows it.

    Args:
        data: the file to write into; empty to start nothing.
        then: what to do besides.
    """

    def __init__(self, data: str, then: str) -> None:
        self._data, self._then = data, then
        self._timer = QTimer()
        self._timer.timeout.connect(self._act)
        self._timer.start(10)

    def _act(self) -> None:
        windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, Window)]
        if not windows or not windows[0].isVisible():
            return
        window = windows[0]
        run = window.desk.run
        if self._data:
            window.plan.target.setText(self._data)
            self._data = ""
            window.start()
        elif self._then == "pause" and run.finished and run.can("pause"):
            window.desk.ask("pause")
            self._timer.stop()
        elif self._then == "everything" and window.desk.map is not None:
            for button in window.live.buttons.values():
                button.setChecked(True)
            self._timer.stop()
        elif not self._then:
            self._timer.stop()


if __name__ == "__main__":
    plan, data, pace, then = (*sys.argv[1:5], "", "", "", "")[:4]
    app = QApplication(sys.argv[:1])
    operator = Operator(data, then)
    sys.exit(main(plan, pace=float(pace or 1.0), theme="dark"))
