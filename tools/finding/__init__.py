"""From a description in plain words to the thing on the screen that it means, source by source."""
