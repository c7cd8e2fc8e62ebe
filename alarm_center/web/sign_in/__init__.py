"""Routes by which somebody signs in and out."""
