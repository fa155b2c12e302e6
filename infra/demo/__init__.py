"""The whole walk on this machine: stand-in sites, crawl, clean, review, export, train, evaluate, report.

walk.walk → one function of `steps` after the other, each a real command in a process of its own
"""
