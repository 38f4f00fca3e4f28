"""A strict AWS endpoint for tests: botocore's own service models decide what a client may send."""
