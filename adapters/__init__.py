"""One folder per kind of transport. `adapters.base` says what a folder has to bring; `template/` is one to copy."""
