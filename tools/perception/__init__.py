"""From a screenshot to elements, and from two screenshots to a verdict."""
