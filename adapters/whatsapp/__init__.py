"""WhatsApp: a number of the Cloud API that citizens write to (developers.facebook.com/docs/whatsapp/cloud-api)."""

from adapters.whatsapp.adapter import WhatsappAdapter

ADAPTER = WhatsappAdapter
