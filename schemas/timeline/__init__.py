"""The timeline's lines: `EventKind`, one payload class a kind, and how a payload is stored.

``timeline.CarerAccepted(notice_id, eta_minutes=20)`` is a line's content; `store.events` adds the ids that it is about.
"""

from schemas.timeline.alarms import *
from schemas.timeline.base import PAYLOADS as PAYLOADS
from schemas.timeline.base import Payload as Payload
from schemas.timeline.checks import *
from schemas.timeline.imports import *
from schemas.timeline.incidents import *
from schemas.timeline.kinds import EventKind as EventKind
from schemas.timeline.messages import *
from schemas.timeline.mountings import *
from schemas.timeline.people import *
from schemas.timeline.review import *
from schemas.timeline.sealed_accounts import *
from schemas.timeline.sign_in import *
from schemas.timeline.stored import Unknown as Unknown
from schemas.timeline.stored import decode as decode
from schemas.timeline.stored import encode as encode
from schemas.timeline.town import *
