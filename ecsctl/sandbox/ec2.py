"""What AWS's ec2 does that moto does not."""
