"""What runs by itself, under a lease: heartbeats, and whatever else comes due."""
