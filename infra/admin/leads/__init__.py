"""What leads and operators see and do: the review's figures, the farm, whose records are whose, and every table's rows.

review    /review: throughput, reasons, backlog, agreement, people, what is flagged or disputed
farm      /farm: the crawl, queues and workers, training, evaluation, with what an operator tells them
assign    /assign: whose the records of a filter are, and how urgent
manage    /manage: search, browse and edit rows, a record's history, an earlier text restored
"""
