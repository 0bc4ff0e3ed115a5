"""Name where the receivers of one run listen, and the logins that they accept."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Addresses:
    """Hold the address of each receiver and the logins that it accepts. URLs have no trailing slash."""

    smtp_smarthost: str
    smtp_tls_smarthost: str
    smtp_user: str
    smtp_password: str = field(repr=False)
    smtp_password_file: Path
    smtp_ca_file: Path
    slack_url: str = field(repr=False)
    sns_url: str
    sns_access_key: str
    sns_secret_key: str = field(repr=False)
    sms_url: str
    sms_token: str = field(repr=False)
    webhook_url: str
    other_url: str

    def as_dict(self) -> dict[str, str]:
        """Return name -> value, secrets included."""
        return {name: str(value) for name, value in vars(self).items()}
