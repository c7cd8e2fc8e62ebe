"""What takes minutes and guards a release: run by ``make test-long``, left out of ``make test``."""
