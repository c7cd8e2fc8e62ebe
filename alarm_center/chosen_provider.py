"""SMS and voice provider named in the settings: its client, and the routes of its webhooks.

A new provider is one more case in each of the two functions; mypy names a function that lacks it.
"""

from typing import assert_never

from aiohttp import web

from alarm_center.providers import Provider
from alarm_center.providers.elks import Elks, HookProof
from alarm_center.providers.twilio import Twilio
from alarm_center.settings import ProviderName, ServiceSettings
from alarm_center.store.memory import Memory
from alarm_center.web.hooks import elks as elks_hooks
from alarm_center.web.hooks import twilio as twilio_hooks


def make_provider(settings: ServiceSettings) -> Provider:
    """Return the client of the chosen provider."""
    match settings.provider:
        case ProviderName.TWILIO:
            assert settings.twilio_account_sid is not None  # the settings require both for Twilio
            assert settings.twilio_auth_token is not None
            return Twilio(
                settings.twilio_account_sid,
                settings.twilio_auth_token.get_secret_value(),
                settings.public_url,
                base_url=settings.twilio_base_url,
                per_second=settings.sms_per_second,
            )
        case ProviderName.ELKS:
            assert settings.elks_username is not None  # the settings require them for 46elks
            assert settings.elks_password is not None
            return Elks(
                settings.elks_username,
                settings.elks_password.get_secret_value(),
                settings.public_url,
                HookProof(settings.hook_secrets),
                base_url=settings.elks_base_url,
                per_second=settings.sms_per_second,
                speaks=bool(settings.speech_url),
            )
        case _:
            assert_never(settings.provider)


def provider_hooks(settings: ServiceSettings, memory: Memory) -> list[web.RouteDef]:
    """Return the webhooks at which the provider reports replies, the status of messages, and keys pressed in a call.

    Without webhooks the service would poll the provider for replies every minute, and no SMS would count as delivered.
    """
    match settings.provider:
        case ProviderName.TWILIO:
            return twilio_hooks.routes(memory, settings)
        case ProviderName.ELKS:
            return elks_hooks.routes(memory, settings)
        case _:
            assert_never(settings.provider)
