"""Grid cases (案卷): what they are, how they move, when they are due, and what people may do with them."""
