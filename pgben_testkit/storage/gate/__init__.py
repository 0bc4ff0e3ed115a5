"""The gate before the embedded server: what SeaweedFS lets pass and S3 doesn't is refused by the fake's own checks."""
