"""What a run costs, by list prices, and how long it takes."""
