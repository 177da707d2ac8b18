"""What AWS's ecr does that moto does not."""
