"""Exporters that ship with gamegen: Ink, Yarn and JSON."""
