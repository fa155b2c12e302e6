"""Any endpoint that speaks OpenAI's chat interface: a provider's, vLLM's, llama.cpp's, `transformers serve`'s.

`Endpoint` is a `evaluator.asking.Writer`. It keeps to a rate, asks several at once, tries again what may pass
(429, 5xx, time-outs, broken replies) and honours Retry-After. Where the endpoint is gone it says so, and what it had
answered is kept. The key comes from an environment variable and reaches no log, no row and no message.
"""

from evaluator.endpoint.address import KEY, Address, address
from evaluator.endpoint.manners import Manners
from evaluator.endpoint.writer import Endpoint

__all__ = ["KEY", "Address", "Endpoint", "Manners", "address"]
