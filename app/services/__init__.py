"""What happens in one transaction: groups of operations become sealed blocks, or refusals."""
