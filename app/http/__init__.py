"""What every door shares: problems, request ids, who is calling, paging, headers."""
