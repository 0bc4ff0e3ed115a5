"""Read, check and write the S3 protocol. Used by the fake, the gate and the conformance cases; imports none of them."""
