"""The bot: what citizens are told on the channel that they used, and the dialogue with those who chat."""
