"""One detector's settings, from the environment (``FJT_…``) or from files of secrets; all errors at once."""

from pathlib import Path

from pydantic import Field

from runtime.settings import PartSettings


class DetectorSettings(PartSettings):
    """Which broker it hears, and how much it takes on at once."""

    files = (*PartSettings.files, "person_model")

    mqtt_user: str | None = "detector"
    mqtt_shared: bool = Field(default=False, description="the broker has shared subscriptions: share the sessions")

    detector_id: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$",
        description="tells detectors apart; drawn by chance when not said",
    )
    detector_workers: int = Field(default=1, ge=1, le=64, description="sessions judged at the same time")
    detector_seconds: float = Field(
        default=5.0, gt=0, le=60, description="a session that takes longer to judge is cannot_tell"
    )
    person_model: Path | None = Field(
        default=None,
        description="the second look's network: BlazePose's detector, .tflite, or a YOLOX-style .onnx; off when not said",
    )
    person_model_side: int = Field(
        default=416, ge=32, le=2048, multiple_of=32, description="pixels of its input's side"
    )
    detector_http_host: str = "127.0.0.1"
    detector_http_port: int | None = Field(
        default=None, ge=0, le=65535, description="serves /healthz and /metrics there; not said: no port is opened"
    )

    def conflicts(self) -> list[str]:
        """Return what is wrong between fields that are right alone, each beginning with its variable's name."""
        wrong = super().conflicts()
        if self.live and self.password is None:
            wrong.append("FJT_MQTT_PASSWORD: with FJT_LIVE=1 a detector signs in")
        return wrong
