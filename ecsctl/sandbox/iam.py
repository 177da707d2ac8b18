"""What AWS's iam does that moto does not."""
