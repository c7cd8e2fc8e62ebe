"""The demo: one night of a town with twelve drawn homes, the real service, and simulated people around it."""
