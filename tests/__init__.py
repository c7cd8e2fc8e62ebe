"""Tests of every promise: unit, integration, whole nights, browser and benchmarks."""
