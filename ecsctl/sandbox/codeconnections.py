"""What AWS's codeconnections does that moto does not."""
