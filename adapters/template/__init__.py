"""An adapter to copy: an invented provider called "template". `docs/adding-a-channel.md` walks through it."""

# The one name that `adapters.base.load` looks for. Nothing is registered anywhere: the folder's name is the key in
# the configuration (`adapter = "template"`), in the tests and in the documentation.
#
# Relative imports, so that a copied folder works under its new name without a change.
from .adapter import TemplateAdapter

ADAPTER = TemplateAdapter
