"""Stand before the embedded server, and refuse what SeaweedFS lets pass and S3 doesn't by the fake's own checks."""
