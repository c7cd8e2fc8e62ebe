"""A town at night that plays itself: twelve drawn homes, and people who answer, around the real service."""
