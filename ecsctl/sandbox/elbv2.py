"""What AWS's elbv2 does that moto does not."""
