"""One file a transform: a text in, a text out; a transform never drops."""
