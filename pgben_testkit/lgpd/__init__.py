"""Protect personal data: complete and validate documents, find personal data in texts and in database dumps."""
