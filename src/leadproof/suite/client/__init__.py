"""The client as the subject: what a receiver does to it, situation by situation, and what a right client does.

* `situations`  the register `specs/situations.yaml`, read; joined with how each is played and decided
* `moves`       what the receiver does to one request: other content, other bytes, another time
* `played`      what was seen of a client in one situation, as plain data
* `rules`       pure functions that say of it what a right client would not have done
* `tasks`       what a client is asked to do, as the file that it gets
* `stage`       a mock of its own for one situation, which records
* `deciding`    rules to a result, and to what a ledger takes in
* `driving`     a client as a process
* `example`     a right client, the example to start from; `mutants` are its mistakes
"""
