"""What the kinds are made of: values, and readings of AWS, that serve one of them or several."""
