"""What was said: audio of any file, its transcript, subtitles and summaries."""
