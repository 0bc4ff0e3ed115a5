"""Observability: what is exported, held against a catalogue of what should be."""
