"""Personal data in the sense of the LGPD: Brazilian documents, personal data in text, people in database dumps."""
