"""One thread a session: libraries' own threads would fight over the same cores."""

import cv2


def use_one_thread() -> None:
    """Let OpenCV use the calling thread alone; numpy is told when :mod:`detector` is imported."""
    cv2.setNumThreads(1)
