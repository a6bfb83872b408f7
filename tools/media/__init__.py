"""What was said and shown: sound and pictures of any file, transcripts, moments of videos."""
