"""What one does with a stack beside making it true."""
