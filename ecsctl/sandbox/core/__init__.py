"""Says what every service of the sandbox stands on: time, moto's overlay, requests, permissions."""
