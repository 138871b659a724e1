"""What is true of certificates: values and rules, without input, output or a clock."""
