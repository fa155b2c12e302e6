"""What a training will take, before it is paid for: tokens, FLOPs, memory, time, energy, money. No weights, no network.

architecture  parameters, counted on torch's meta device, where tensors have shapes and no storage
lengths       how long the sequences are: measured on a snapshot, or the paper's figures
batching      how many slots they fill: packed, or padded
flops, memory arithmetic over the two
staged        a stage on one card: time at a utilisation
planning      all stages, and the whole
reported, table, notes   the plan for a machine, for a person, and what to mind
"""
