"""Code with its words marked for the style sheet."""
