"""Who vouches: the authorities that seal blocks, and the engines that say how many are enough."""
