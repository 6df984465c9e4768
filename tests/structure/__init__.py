"""The shape of the sources: what includes what, and how long files and functions are."""
