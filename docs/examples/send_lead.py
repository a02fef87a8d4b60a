"""A driver: does the task of the file that is named, and says by its exit status what became of it."""

import json
import sys

from my_client import sell

with open(sys.argv[1], encoding="utf-8") as file:
    task = json.load(file)
if task["task"] not in ("sell", "sell-each"):
    sys.exit(64)  # this client cannot do it
accepted = [
    sell(task["url"], task["apiKey"], task["source"], lead["fields"], lead["pingFields"]) for lead in task["leads"]
]
sys.exit(0 if all(accepted) else 1)
