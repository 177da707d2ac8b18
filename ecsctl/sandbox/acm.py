"""What AWS's acm does that moto does not."""
