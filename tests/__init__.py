"""What holds the promises: unit, integration, whole nights, browser and benchmarks."""
