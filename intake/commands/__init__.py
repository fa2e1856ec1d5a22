"""The commands of `kanal`, grouped by who uses them."""
