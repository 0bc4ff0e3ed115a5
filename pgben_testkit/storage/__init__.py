"""Give tests S3 servers, and isolated buckets on them."""
