"""Making the desired state true: what is there, what follows, and doing it so that it may die anywhere."""
