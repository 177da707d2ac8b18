"""What AWS's autoscaling does that moto does not."""
