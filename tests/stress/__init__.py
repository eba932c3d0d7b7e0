"""Long and rough runs: each file is a topic, its ``run`` takes amounts and answers counts."""
