"""S3 for tests: servers, and isolated buckets on them."""
