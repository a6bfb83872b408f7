"""What is remembered of screens, and what must not be: redaction, recording, watching, indexing."""
