"""The detector as a service: sessions in from the broker, findings and pictures out, and a sign of life."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiomqtt
import cbor2
import cv2
import structlog
from pydantic import ValidationError

from detector import metrics
from detector.judge import finding as finding_of
from detector.judge import judge
from detector.mqtt import Link, Received, connected, stop_if_told
from detector.person_model import PersonModel, with_model
from detector.settings import Settings
from detector.version import NAME
from schemas import limits, topics, wire
from schemas.messages import DetectorStatus, Finding, Picture, Session
from schemas.vocabulary import Answer, Reason, Show
from schemas.vocabulary import Link as LinkState

log = structlog.get_logger("detector")

_BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
_HELD_S = 30.0
"""A connection that held this long was a good one: the next is tried at once."""


class Detector:
    """Judges what it is given. Stateless between sessions: run as many as there is load for."""

    def __init__(self, settings: Settings, decide: Callable[[Session], Finding] | None = None) -> None:
        """Make a detector that answers by *decide*; when not said by :func:`judge`, with a network where one is set.

        Raises:
            detector.person_model.BadModel: the network that *settings* name cannot be used.
        """
        self._settings = settings
        self._decide = decide or _decider(settings)
        self.id = settings.detector_id or f"detector-{secrets.token_hex(4)}"
        self._threads = ThreadPoolExecutor(settings.detector_workers, thread_name_prefix="judge")
        self._places = asyncio.Semaphore(settings.detector_workers)
        self._nudged = asyncio.Event()

    def nudge(self) -> None:
        """Give a sign of life at once, instead of at the next pulse: somebody has moved the centre's clock."""
        self._nudged.set()

    async def run(self) -> None:
        """Work until cancelled; a lost broker is looked for again and again."""
        # One thread a session: OpenCV's own threads would fight over the same cores.
        cv2.setNumThreads(1)
        failures = 0
        try:
            while True:
                before = time.monotonic()
                try:
                    # A task of its own: in Python 3.11 a task group that fails leaves its task marked as cancelled,
                    # and below only our own cancellation may count.
                    await asyncio.create_task(self._connection())
                except* (aiomqtt.MqttError, OSError) as lost:
                    log.warning("broker lost", error=str(lost.exceptions[0]))
                metrics.CONNECTED.set(0)
                if time.monotonic() - before > _HELD_S:
                    failures = 0
                stop_if_told()
                await asyncio.sleep(_BACK_OFF_S[min(failures, len(_BACK_OFF_S) - 1)])
                failures += 1
        finally:
            metrics.CONNECTED.set(0)
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def _connection(self) -> None:
        """Connect and work until the connection is lost."""
        async with connected(self._settings, self.id, self._will()) as link:
            log.info("connected", detector=self.id, host=self._settings.mqtt_host)
            await self._work(link)

    async def _work(self, link: Link) -> None:
        heard = topics.every("session", share="detector" if self._settings.mqtt_shared else None)
        await link.subscribe(heard)
        metrics.CONNECTED.set(1)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._say_alive(link))
            group.create_task(link.serve(lambda message: self._one(link, message)))

    async def _say_alive(self, link: Link) -> None:
        while True:
            self._nudged.clear()
            await link.publish(topics.detector(self.id), wire.encode(self._status(LinkState.UP)), qos=1)
            with suppress(TimeoutError):
                async with asyncio.timeout(limits.PULSE_SECONDS):
                    await self._nudged.wait()

    def _status(self, link: LinkState) -> DetectorStatus:
        return DetectorStatus(detector_id=self.id, version=NAME, link=link)

    def _will(self) -> aiomqtt.Will:
        return aiomqtt.Will(topics.detector(self.id), wire.encode(self._status(LinkState.GONE)), qos=1)

    async def _one(self, link: Link, message: Received) -> None:
        """Judge one session and publish what it shows. Only a lost connection raises: then it comes again."""
        made, pictures = await self.answer(message)
        if made is None:
            return
        await link.publish(topics.of(made.org, made.device, "finding"), wire.encode(made), qos=1)
        if pictures is not None:
            topic = topics.of(pictures.org, pictures.device, "picture", pictures.session_id)
            await link.publish(topic, wire.encode(pictures), qos=0)

    async def answer(self, message: Received) -> tuple[Finding | None, Picture | None]:
        """Return the finding on *message*, and the frames that a person may have to see. Never raises.

        What is no session still gets a finding, ``cannot_tell(rejected)``, for the session id in its topic: its check
        must not end in silence. A message whose topic names no session gets none, and is counted.
        """
        try:
            topic = topics.parse(message.topic)
        except topics.BadTopic as error:
            return self._drop("bad_topic", str(error))
        try:
            session = await asyncio.get_running_loop().run_in_executor(
                self._threads, wire.decode, Session, message.payload
            )
        except wire.Refused as refused:
            metrics.REFUSED.labels(refused.refusal).inc()
            log.warning("session refused", session_id=topic.session_id, refusal=refused.refusal, detail=refused.detail)
            return _rejected(topic, f"{refused.refusal}: {refused.detail}", message.payload), None
        if (session.org, session.device, session.session_id) != (topic.org, topic.device, topic.session_id):
            metrics.REFUSED.labels("other_topic").inc()
            log.warning("session refused", session_id=topic.session_id, refusal="other_topic")
            return _rejected(topic, "its header names another device or session than its topic", b""), None
        made = await self._judge(session)
        pictures = _pictures(session, made)
        made = made.model_copy(update={"pictures": len(pictures.frames) if pictures else 0})
        reason = made.reasons[0] if made.reasons else ""
        metrics.FINDINGS.labels(made.answer, reason).inc()
        log.info("judged", session_id=made.session_id, check_id=str(made.check_id), answer=made.answer, reason=reason)
        return made, pictures

    async def _judge(self, session: Session) -> Finding:
        limit = self._settings.detector_seconds
        async with self._places:
            before = time.perf_counter()
            try:
                made = await asyncio.wait_for(
                    asyncio.get_running_loop().run_in_executor(self._threads, self._decide, session), limit
                )
            except TimeoutError:
                log.error("judging took too long", session_id=session.session_id, limit_s=limit)
                return finding_of(session, Answer.CANNOT_TELL, [Reason.REJECTED], detail=f"not judged in {limit:g} s")
            except Exception:
                # Whatever goes wrong in one picture must not take the night's other sessions with it.
                log.exception("judging failed", session_id=session.session_id)
                metrics.FAILED.inc()
                return finding_of(session, Answer.CANNOT_TELL, [Reason.REJECTED], detail="judging failed")
            took = time.perf_counter() - before
            metrics.JUDGING.observe(took)
            return made.model_copy(update={"timings_ms": {"judge": round(took * 1000, 2)}})

    def _drop(self, refusal: str, detail: str) -> tuple[None, None]:
        metrics.REFUSED.labels(refusal).inc()
        log.warning("message dropped", refusal=refusal, detail=detail)
        return None, None


def _decider(settings: Settings) -> Callable[[Session], Finding]:
    if settings.person_model is None:
        return judge
    return with_model(judge, PersonModel.load(settings.person_model, settings.person_model_side))


def _rejected(topic: topics.Topic, detail: str, payload: bytes) -> Finding:
    """Return the finding on a session that is none, for the attempt that its header names where that can be read."""
    bare = Finding(
        session_id=topic.session_id or "unknown",
        org=topic.org,
        device=topic.device,
        answer=Answer.CANNOT_TELL,
        reasons=(Reason.REJECTED,),
        detail=detail[:200],
        detector=NAME,
    )
    try:
        return Finding.model_validate({**bare.model_dump(), **_attempt(payload)})
    except ValidationError:
        return bare


def _attempt(payload: bytes) -> dict[str, Any]:
    """Return whatever of ``check_id``, ``attempt`` and ``command_id`` can be read in a session that was refused."""
    if len(payload) > 2 * limits.SESSION_BYTES:
        return {}
    try:
        header = cbor2.loads(cbor2.loads(payload)["body"])
        return {name: header[name] for name in ("check_id", "attempt", "command_id") if header.get(name) is not None}
    except Exception:
        # Hostile bytes end a CBOR reader in many ways, and this is only a kindness to the check they stand for.
        return {}


def _pictures(session: Session, made: Finding) -> Picture | None:
    """Return the frames to publish: all sessions' when ``show`` is ``always``, else those that are not in bed."""
    wanted = session.show is Show.ALWAYS or made.answer is not Answer.IN_BED
    if not wanted or not session.frames:
        return None
    return Picture(session_id=session.session_id, org=session.org, device=session.device, frames=session.frames)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Detector]:
    """Yield a detector at work; leaving stops it."""
    detector = Detector(settings)
    task = asyncio.create_task(detector.run())
    try:
        async with metrics.served(settings.detector_http_host, settings.detector_http_port):
            yield detector
    finally:
        task.cancel()
        await asyncio.wait({task})


async def run(settings: Settings) -> None:
    """Run one detector until cancelled."""
    async with metrics.served(settings.detector_http_host, settings.detector_http_port):
        await Detector(settings).run()
