"""What AWS's ecs does that moto does not."""
