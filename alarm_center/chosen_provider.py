"""SMS and voice providers named in the settings: the client of each, and the routes of its webhooks.

A new provider is one more case in each of the two functions; mypy names a function that lacks it.
"""

from typing import assert_never

from aiohttp import web

from alarm_center.providers import Provider
from alarm_center.providers.elks import Elks, HookProof
from alarm_center.providers.twilio import Twilio
from alarm_center.settings import ProviderName, ServiceSettings
from alarm_center.store.memory import Memory
from alarm_center.web.hooks import elks_ring_in
from alarm_center.web.hooks import twilio as twilio_hooks


def make_providers(settings: ServiceSettings) -> tuple[Provider, Provider | None]:
    """Return the client of the first provider, and of the second where one is set up."""
    second = settings.second_provider
    return _make_provider(settings, settings.provider), _make_provider(settings, second) if second else None


def _make_provider(settings: ServiceSettings, name: ProviderName) -> Provider:
    match name:
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
            assert_never(name)


def provider_hooks(settings: ServiceSettings, memory: Memory) -> list[web.RouteDef]:
    """Return the webhooks at which the providers report replies, the status of messages, and keys pressed in a call.

    Without webhooks the service would poll a provider for replies every minute, and no SMS would count as delivered.
    """
    names = [name for name in (settings.provider, settings.second_provider) if name is not None]
    return [route for name in names for route in _hooks_of(name, settings, memory)]


def _hooks_of(name: ProviderName, settings: ServiceSettings, memory: Memory) -> list[web.RouteDef]:
    match name:
        case ProviderName.TWILIO:
            return twilio_hooks.routes(memory, settings)
        case ProviderName.ELKS:
            return elks_ring_in.routes(memory, settings)
        case _:
            assert_never(name)
