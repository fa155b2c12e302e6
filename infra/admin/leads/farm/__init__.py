"""The farm as its operators see it, and what they tell it."""
