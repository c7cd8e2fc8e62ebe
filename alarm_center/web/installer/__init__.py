"""Pages of installers, and the question of the devices that they put up."""
