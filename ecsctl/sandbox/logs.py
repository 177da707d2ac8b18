"""What AWS's logs does that moto does not."""
