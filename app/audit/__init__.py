"""Can it be proven: the auditor's walk from a log's bytes to a verdict, trusting nobody."""
