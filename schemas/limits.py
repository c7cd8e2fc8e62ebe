"""Numbers of the contract: the largest message and its parts, and the periods and waits between home and centre.

A message that breaks a limit is refused with a reason (docs/contract.md#refusals).
"""

SESSION_BYTES = 4 * 1024 * 1024
SESSION_BYTES_AIM = 1_500_000
FRAMES = 120
FRAME_WIDTH = 1920
FRAME_HEIGHT = 1080
SAMPLES = 50_000

PEOPLE = 20
REASONS = 8
EVIDENCE = 64
MEASURES = 200
"""Most entries of one finding: people, reasons, pieces of evidence, named measures."""

MESSAGE_BYTES = 256 * 1024
"""Config, command, status, finding, receipt and pulse: everything but pictures."""

SECONDS_MIN = 5
SECONDS_MAX = 60

PULSE_SECONDS = 20
PULSE_SILENCE_SECONDS = 60
STATUS_SECONDS = 60
HEARD_WITHIN_SECONDS = 180
WILL_SECONDS = 60
GRACE_SECONDS = 60
RESEND_SECONDS = (20, 40, 80)
FRAMES_AWAITED_SECONDS = 240
"""Frames of a home that judges may come so long after its finding: over whatever line it has."""
COMMAND_EVERY_SECONDS = 10
CONFIG_AHEAD_HOURS = 36
UNACKNOWLEDGED = 4

COUNTER = 2**53 - 1
"""Largest counter that every reader of JSON holds exactly."""
