"""What is done with a finished run: talk to it, serve it, carry its adapter to another model.

chosen.py                          a run's name or a folder → the model in it
speaker.py                         a loaded model that answers, a piece of text at a time
terminal.py → chat.py              the conversation in a terminal
needs.py, endpoint.py → serve.py   the same for programs and for a browser (page/)
lora.py → port.py                  a run's adapters as one, and as an adapter of another model
"""
