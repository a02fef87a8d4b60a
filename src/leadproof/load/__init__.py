"""Load tests that tell the truth: what is sent when, what is measured, what it means, and the story of a run.

Pure: `schedule` when journeys begin · `scenario` what virtual clients do, as data · `journeys` and `traffic` how they
do it, as generators over bytes made ahead · `replies` the first reading of every response · `measures` counts and
histograms that merge · `objectives` what must hold · `verdicts`, `knee` and `reconciliation` what became of it ·
`expecting` and `plan` what a run will come to · `guard` who may be loaded · `latency` and `console` the result as data
and as text.

Edges: `job` makes a load ready from files and environment, `story` gathers what workers say and lets the judge judge
it, `driver` runs locust as a process of its own. What happens inside that process is `leadproof.load.locust`;
what others see of a run while it goes on, `leadproof.load.metrics`.
"""
