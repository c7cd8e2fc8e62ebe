"""What happens to a case, which is a check or an alarm: decided and applied under its lock, grouped, told of and explained."""
