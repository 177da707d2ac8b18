"""What AWS's s3 does that moto does not."""
