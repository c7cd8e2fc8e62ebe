"""Long tests that guard a release: run by ``make test-long``, left out of ``make test``."""
