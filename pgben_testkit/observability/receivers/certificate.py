"""A certificate authority for one run, and the certificate of 127.0.0.1 that a mail server needs."""

from __future__ import annotations

import ssl
from pathlib import Path

from pgben_testkit.observability.extra import need


def make(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """The authority's certificate, for who has to trust it, and the server's side of TLS. Keys stay in memory but for
    a file that is deleted at once."""
    trustme = need("trustme", "trustme")
    authority = trustme.CA()
    server = authority.issue_cert("127.0.0.1", "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    server.configure_cert(context)
    path = folder / "smtp-ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path, context
