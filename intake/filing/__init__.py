"""Filing: what was said becomes a record, and the record events. In a process of its own, so that the doors never wait
for it, and whatever a text does to our code hits that process alone."""
