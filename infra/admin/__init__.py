"""The admin web app: annotators log in and review in the room, leads act on sets. It stands on storage alone.

app.application → security (headers, CSRF, who is asking) → accounts | room | document | guide | leaderboard → templates

`language` is how a person sees it: Persian or English (`words/`), light or dark; `guidelines/` the annotator's guide.
"""
