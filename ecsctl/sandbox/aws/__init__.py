"""AWS's services, one module or package each: what AWS does that moto does not."""
