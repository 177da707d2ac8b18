"""Taking an app down: what stands in the way, what is kept, and what is left afterwards."""
