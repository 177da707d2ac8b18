"""What AWS's route53 does that moto does not."""
