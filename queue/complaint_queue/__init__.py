"""Nothing acknowledged is ever lost: the journal, the file store, and the way to RabbitMQ."""
