"""Every table's rows: browsed, searched, followed through their history, and edited where people may."""
