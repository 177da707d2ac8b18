"""Making the desired state true: what exists, what to do, and doing it so that a run may die anywhere."""
