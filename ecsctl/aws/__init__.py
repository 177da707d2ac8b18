"""AWS as everything above uses it: sessions and clients, error codes and their explanations, retries and waits."""
