"""Property tests without a deadline: first imports and a busy machine are no findings."""

from hypothesis import settings

settings.register_profile("lgpd", deadline=None)
settings.load_profile("lgpd")
