"""What is measured with the package `imitation`, in an environment of its own."""
