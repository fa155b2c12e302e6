"""Fourteen sites, one frontier: polite spiders that hand every page to storage."""
