"""Protect personal data: find it in documents, texts and dumps."""
