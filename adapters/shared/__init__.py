"""What providers of one family have in common: formats and proofs that several adapters read. No adapter itself."""
