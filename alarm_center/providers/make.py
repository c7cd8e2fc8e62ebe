"""Makes the provider that the settings name."""

from typing import assert_never

from alarm_center.providers import Provider
from alarm_center.providers.phone import Phones
from alarm_center.providers.twilio import Twilio
from alarm_center.settings import ProviderName, Settings
from alarm_center.store.memory import Memory


def make_provider(settings: Settings, memory: Memory) -> Provider:
    """Return the provider; the phone simulator answers into *memory* itself, Twilio through its webhooks."""
    match settings.provider:
        case ProviderName.PHONE:
            return Phones(memory)
        case ProviderName.TWILIO:
            assert settings.twilio_account_sid is not None  # the settings refuse to be without
            assert settings.twilio_auth_token is not None
            return Twilio(
                settings.twilio_account_sid,
                settings.twilio_auth_token.get_secret_value(),
                settings.public_url,
                base_url=settings.twilio_base_url,
                per_second=settings.sms_per_second,
            )
        case _:
            assert_never(settings.provider)
