"""The admin web app: annotators log in, take the next record of the queue, decide. It stands on storage alone.

app.application → security (headers, CSRF, who is asking) → accounts | queue | records | leaderboard → templates
"""
