"""Who is asked: scripted experts, confined."""
