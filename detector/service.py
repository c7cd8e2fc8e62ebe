"""The detector as a service: sessions in from the broker, findings and frames out, and a sign of life."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any

import cbor2
import structlog
from pydantic import ValidationError

from detector import metrics
from detector.judge import judge
from detector.judge import make_finding as finding_of
from detector.networks import load_network
from detector.person_model import BadModel, with_model
from detector.settings import DetectorSettings
from detector.threads import use_one_thread
from detector.version import NAME
from runtime.mqtt import Backoff, LastWill, MqttClient, NotConnected
from runtime.settings import BadSettings
from schemas import limits, topics, wire
from schemas.messages import DetectorStatus, Finding, Picture, Session, is_for_people
from schemas.vocabulary import Answer, LinkState, Reason

log = structlog.get_logger("detector")

_ACK_S = 15.0
_HANDLER_S = 60.0
"""For reading and publishing, beside four sessions that are judged one after the other."""


class Detector:
    """Judges what it is given. Stateless between sessions: run as many as there is load for."""

    def __init__(self, settings: DetectorSettings, decide: Callable[[Session], Finding] | None = None) -> None:
        """Make a detector that answers by *decide*; when not said by :func:`judge`, with a network where one is set.

        Raises:
            detector.person_model.BadModel: the network that *settings* name cannot be used.
        """
        self._settings = settings
        self._decide = decide or _decider(settings)
        network = settings.person_model
        self._version = f"{NAME}, {f'person network {network.name}' if network else 'no person network'}"[:200]
        self.id = settings.detector_id or f"detector-{secrets.token_hex(4)}"
        self._threads = ThreadPoolExecutor(settings.detector_workers, thread_name_prefix="judge")
        self._places = asyncio.Semaphore(settings.detector_workers)
        self._nudged = asyncio.Event()
        heard = topics.every("session", share="detector" if settings.mqtt_shared else None)
        self._broker = MqttClient(
            settings.broker,
            self.id,
            {heard: (1, self._one)},
            will=self._will,
            on_connected=self._connected,
            on_disconnected=lambda: metrics.CONNECTED.set(0),
            on_given_up=lambda topic: metrics.GIVEN_UP.inc(),
            line_of=lambda topic: topic,  # sessions have no order among each other
            ack_s=_ACK_S,
            handler_s=limits.UNACKNOWLEDGED * settings.detector_seconds + _HANDLER_S,
            grace_s=0.0,  # without its finding a session comes again
            backoff=Backoff(longest_s=5.0),
        )

    def nudge(self) -> None:
        """Give a sign of life at once, instead of at the next pulse: somebody has moved the centre's clock."""
        self._nudged.set()

    async def run(self) -> None:
        """Work until cancelled; a lost broker is looked for again and again."""
        use_one_thread()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._broker.run())
                group.create_task(self._say_alive())
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)

    def _connected(self) -> None:
        metrics.CONNECTED.set(1)
        self.nudge()

    async def _say_alive(self) -> None:
        while True:
            self._nudged.clear()
            with suppress(NotConnected):
                status = wire.encode(self._status(LinkState.UP))
                await self._broker.publish(topics.detector(self.id), status, qos=1)
            with suppress(TimeoutError):
                async with asyncio.timeout(limits.PULSE_SECONDS):
                    await self._nudged.wait()

    def _status(self, link: LinkState) -> DetectorStatus:
        return DetectorStatus(detector_id=self.id, version=self._version, link=link)

    def _will(self) -> LastWill:
        return LastWill(topics.detector(self.id), wire.encode(self._status(LinkState.GONE)))

    async def _one(self, topic: str, payload: bytes) -> None:
        """Judge one session and publish what it shows. Only a lost connection raises: then it comes again."""
        made, pictures = await self.answer(topic, payload)
        if made is None:
            return
        await self._broker.publish(topics.of(made.org, made.device, "finding"), wire.encode(made), qos=1)
        if pictures is not None:
            topic = topics.of(pictures.org, pictures.device, "picture", pictures.session_id)
            await self._broker.publish(topic, wire.encode(pictures), qos=0)

    async def answer(self, topic_name: str, payload: bytes) -> tuple[Finding | None, Picture | None]:
        """Return the finding on the session *payload* of *topic_name*, and the frames that a person may have to see. Never raises.

        What is no session still gets a finding, ``cannot_tell(rejected)``, for the session id in its topic: its check
        must not end in silence. A message whose topic names no session gets none, and is counted.
        """
        try:
            topic = topics.parse(topic_name)
        except topics.BadTopic as error:
            return self._drop("bad_topic", str(error))
        try:
            session = await asyncio.get_running_loop().run_in_executor(self._threads, wire.decode, Session, payload)
        except wire.Refused as refused:
            metrics.REFUSED.labels(refused.refusal).inc()
            log.warning("session_refused", session_id=topic.session_id, refusal=refused.refusal, detail=refused.detail)
            return _rejected(topic, f"{refused.refusal}: {refused.detail}", payload), None
        if (session.org, session.device, session.session_id) != (topic.org, topic.device, topic.session_id):
            metrics.REFUSED.labels("other_topic").inc()
            log.warning("session_refused", session_id=topic.session_id, refusal="other_topic")
            return _rejected(topic, "its header names another device or session than its topic", b""), None
        made = await self._judge(session)
        pictures = _pictures(session, made)
        made = made.model_copy(update={"pictures": len(pictures.frames) if pictures else 0})
        reason = made.reasons[0] if made.reasons else ""
        metrics.FINDINGS.labels(made.answer, reason).inc()
        log.info(
            "session_judged", session_id=made.session_id, check_id=str(made.check_id), answer=made.answer, reason=reason
        )
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
                log.error("judging_timed_out", session_id=session.session_id, limit_s=limit)
                return finding_of(session, Answer.CANNOT_TELL, [Reason.REJECTED], detail=f"not judged in {limit:g} s")
            except Exception:
                # Whatever goes wrong in one picture must not take the night's other sessions with it.
                log.exception("judging_failed", session_id=session.session_id)
                metrics.FAILED.inc()
                return finding_of(session, Answer.CANNOT_TELL, [Reason.REJECTED], detail="judging failed")
            took = time.perf_counter() - before
            metrics.JUDGING.observe(took)
            return made.model_copy(update={"timings_ms": {"judge": round(took * 1000, 2)}})

    def _drop(self, refusal: str, detail: str) -> tuple[None, None]:
        metrics.REFUSED.labels(refusal).inc()
        log.warning("message_dropped", refusal=refusal, detail=detail)
        return None, None


def _decider(settings: DetectorSettings) -> Callable[[Session], Finding]:
    if settings.person_model is None:
        log.info("second_look_skipped", remedy="fjarrtillsyn person-model fetch, then FJT_PERSON_MODEL")
        return judge
    return with_model(judge, load_network(settings.person_model, settings.person_model_side))


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
    """Return the frames to publish: all sessions' when ``show`` is ``always``, else those that are not in bed; of a mounting none."""
    if session.purpose or not is_for_people(session.show, made.answer) or not session.frames:
        return None
    return Picture(session_id=session.session_id, org=session.org, device=session.device, frames=session.frames)


@asynccontextmanager
async def running(settings: DetectorSettings) -> AsyncIterator[Detector]:
    """Yield a detector at work; leaving stops it."""
    detector = Detector(settings)
    task = asyncio.create_task(detector.run())
    try:
        async with metrics.served(settings.detector_http_host, settings.detector_http_port):
            yield detector
    finally:
        task.cancel()
        await asyncio.wait({task})


async def run(settings: DetectorSettings) -> None:
    """Run one detector until cancelled.

    Raises:
        BadSettings: the network that *settings* name cannot be used.
    """
    try:
        detector = Detector(settings)
    except BadModel as error:
        raise BadSettings(f"FJT_PERSON_MODEL: {error}") from None
    async with metrics.served(settings.detector_http_host, settings.detector_http_port):
        await detector.run()
