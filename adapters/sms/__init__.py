"""SMS, whoever carries it: Twilio, Kannel, or a provider that the configuration describes."""

from adapters.sms.adapter import SmsAdapter

ADAPTER = SmsAdapter
