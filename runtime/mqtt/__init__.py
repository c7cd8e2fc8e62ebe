"""The MQTT client of all three parts: :class:`MqttClient` comes back by itself, :func:`connect` is one connection."""

from runtime.mqtt.client import Backoff, Handler, MqttClient
from runtime.mqtt.connection import (
    MqttConnection,
    NotConnected,
    SubscriptionRefused,
    connect,
)
from runtime.mqtt.message import BrokerAddress, LastWill, MqttMessage

__all__ = [
    "Backoff",
    "BrokerAddress",
    "Handler",
    "LastWill",
    "MqttClient",
    "MqttConnection",
    "MqttMessage",
    "NotConnected",
    "SubscriptionRefused",
    "connect",
]
