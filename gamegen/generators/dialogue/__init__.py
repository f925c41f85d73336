"""The dialogue kind: trees of nodes and choices in named patterns. Their meaning is gamegen/play.py."""
