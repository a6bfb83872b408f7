"""The ground floor: storage and search, with no models of its own."""
