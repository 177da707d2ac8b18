"""What AWS's secretsmanager does that moto does not."""
