"""Networks for the second look, by the form of their file."""

from pathlib import Path

from detector.person_model import PersonModel, PersonNetwork
from detector.pose_network import PoseNetwork


def load_network(path: Path, side: int = 416) -> PersonNetwork:
    """Return the network in *path*: a pose detector (``.tflite``), or one in YOLOX's form with an input of *side* pixels.

    Raises:
        detector.person_model.BadModel: it cannot be used; the message says why.
    """
    return PoseNetwork.load(path) if path.suffix == ".tflite" else PersonModel.load(path, side)
