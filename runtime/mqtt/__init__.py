"""The MQTT client of all three parts: :class:`MqttClient` comes back by itself, :func:`connect` is one connection."""

from runtime.mqtt.client import Backoff, Handler, MqttClient
from runtime.mqtt.connection import (
    BrokerAddress,
    LastWill,
    MqttConnection,
    MqttMessage,
    NotConnected,
    SubscriptionRefused,
    connect,
)

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
