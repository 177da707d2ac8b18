"""What the user asked for, one function per noun: composition only."""
