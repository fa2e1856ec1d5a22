"""The derived store: what the console, searches and statistics read, so that no question ever holds up the journal."""
